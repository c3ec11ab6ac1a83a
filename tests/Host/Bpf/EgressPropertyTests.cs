using CsCheck;
using OppTel.Bpf;
using OppTel.Capture;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>strip(append(f)) == f, and append changes nothing else: for random frames and for real ones.</summary>
public sealed class EgressPropertyTests : IDisposable
{
    // The kernel's test harness takes a frame that fits one page.
    private const int LongestFrame = 3400;
    private const int LoopbackMtu = 65536;
    private readonly KernelFixture kernel = new();

    public void Dispose() => kernel.Dispose();

    [Fact]
    public void RandomFramesLeaveWholeOrStamped() => GenFrame().Sample(frame => Check(frame), iter: 20_000, threads: 1);

    [Fact]
    public void EveryRealFrameLeavesWholeOrStamped()
    {
        string folder = Path.GetFullPath(Path.Combine(KernelFixture.Root, "..", "shared", "pcaps"));
        Dictionary<EgressReason, int> reasons = [];
        int refused = 0;
        foreach (string file in Directory.EnumerateFiles(folder, "*.pcap", SearchOption.AllDirectories))
        {
            using CaptureReader reader = CaptureReader.Open(file);
            while (TryRead(reader, out byte[] frame))
            {
                if (Check(frame) is { } reason)
                    reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
                else
                    refused++;
            }
        }

        Assert.True(reasons.GetValueOrDefault(EgressReason.Stamped) > 1000, string.Join(", ", reasons));
        Assert.True(refused < reasons.Values.Sum() / 5, $"the test harness took only {reasons.Values.Sum()} of {reasons.Values.Sum() + refused} frames");
    }

    [Fact]
    public void WhatForgesATrailerInAnyWayIsNotStrippedAfterwards() =>
        Gen.Select(GenFrame(), Gen.Int[0, 20], Gen.Byte.Array[0, 30], Gen.Int[0, 63]).Sample(
            (frame, values, junk, at) =>
            {
                byte[] forged = Frames.Forge([.. frame, .. junk], values);
                forged[^(1 + (at % WireFormat.FooterSize))] ^= (byte)(at < WireFormat.FooterSize ? 0 : at);
                kernel.State[0].LeaseUntil = 0;
                if (TrySend(forged, out byte[] left))
                    Assert.NotEqual(StripReason.Stripped, Trailer.Inspect(left, out _));
            },
            iter: 5_000,
            threads: 1);

    /// <summary>Sends a frame with values due; what was counted, or null when the harness does not take the frame.</summary>
    private EgressReason? Check(byte[] frame)
    {
        kernel.Publish(8, 1, 2, 3);
        ulong[] before = kernel.Counts();
        if (!TrySend(frame, out byte[] left))
            return null;
        ulong[] after = kernel.Counts();
        EgressReason reason = Enum.GetValues<EgressReason>().Single(candidate => after[(int)candidate] != before[(int)candidate]);
        Assert.True(EgressOracle.Expect(frame, LoopbackMtu).Contains(reason), $"{reason} counted for {Convert.ToHexString(frame)}");
        if (reason == EgressReason.Stamped)
        {
            Assert.Equal(StripReason.Stripped, Trailer.Inspect(left, out int length));
            left = left[..^length];
        }

        Assert.True(EgressOracle.Left(frame, reason).SequenceEqual(left), $"{reason} changed {Convert.ToHexString(frame)}");
        return reason;
    }

    private bool TrySend(byte[] frame, out byte[] left)
    {
        left = [];
        if (frame.Length > LongestFrame)
            return false;
        try
        {
            left = kernel.Send(frame);
            return true;
        }
        catch (BpfException exception) when (exception.Error == 22)
        {
            // Shorter than the header that its EtherType announces.
            return false;
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

    private static Gen<byte[]> GenFrame()
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
}
