using CsCheck;
using OppTel.Capture;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Frames of all sorts: made up, broken, and real ones.</summary>
internal static class AnyFrame
{
    /// <summary>Frames of the kinds that there are rules for and of others, tagged, cut, padded, forged, damaged.</summary>
    public static Gen<byte[]> Made()
    {
        Gen<byte[]> well = Gen.Select(Gen.Int[0, 1500], Gen.Byte, Gen.Int[0, 4]).Select((payload, protocol, kind) => kind switch
        {
            0 => Frames.Ipv4(payload, protocol),
            1 => Frames.Ipv6(payload, protocol),
            2 => Frames.Arp(),
            3 => Frames.Control(protocol, payload),
            _ => Frames.Ethernet((ushort)((protocol << 8) | payload & 0xFF), new byte[payload + 1]),
        });
        Gen<byte[]> tagged = Gen.Select(well, Gen.Bool.Select(service => (ushort)(service ? 0x88A8 : 0x8100)).Array[0, 3]).Select((frame, tags) => Frames.Vlan(frame, tags));
        Gen<byte[]> shaken = Gen.Select(tagged, Gen.Int[0, 60], Gen.Byte).Select((frame, at, value) =>
        {
            frame[Math.Min(at, frame.Length - 1)] = value;
            return frame;
        });
        Gen<byte[]> cut = Gen.Select(tagged, Gen.Int[15, 120]).Select((frame, length) => frame[..Math.Min(length, frame.Length)]);
        Gen<byte[]> padded = Gen.Select(tagged, Gen.Byte.Array[1, 60]).Select((frame, pad) => (byte[])[.. frame, .. pad]);
        Gen<byte[]> forged = Gen.Select(tagged, Gen.Int[0, 8]).Select((frame, values) => Frames.Forge(frame, values));
        return Gen.OneOf(tagged, tagged, shaken, cut, padded, forged, Gen.Byte.Array[15, 200]);
    }

    /// <summary>Every frame of the captures beside the checkout.</summary>
    public static IEnumerable<byte[]> Real()
    {
        string folder = Path.GetFullPath(Path.Combine(KernelFixture.Root, "..", "shared", "pcaps"));
        foreach (string file in Directory.EnumerateFiles(folder, "*.pcap", SearchOption.AllDirectories))
        {
            using CaptureReader reader = CaptureReader.Open(file);
            while (TryRead(reader, out byte[] frame))
                yield return frame;
        }
    }

    private static bool TryRead(CaptureReader reader, out byte[] frame)
    {
        frame = [];
        try
        {
            bool isThere = reader.TryRead(out _, out ReadOnlySpan<byte> bytes);
            frame = bytes.ToArray();
            return isThere;
        }
        catch (CaptureException)
        {
            // Some of the captures are malformed on purpose; what stood before the break was read.
            return false;
        }
    }
}
