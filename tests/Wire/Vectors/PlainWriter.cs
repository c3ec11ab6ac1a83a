using System.Globalization;

namespace OppTel.Wire.Tests.Vectors;

/// <summary>
/// Puts frames and trailers together byte by byte, from the diagrams of <c>bpf/WIRE.md</c>. It shares nothing with the code
/// under test.
/// </summary>
internal static class PlainWriter
{
    private const string Addresses = "02000000000202000000000a";

    /// <summary>The bytes of a trailer, and its fields with the checksum that came out.</summary>
    public static (byte[] Bytes, TrailerFields Fields) Trailer(TrailerFields fields)
    {
        List<byte> trailer = [.. new byte[fields.Pad]];
        foreach (SampleFields sample in fields.Samples)
        {
            Put(trailer, sample.Slot, 2);
            Put(trailer, sample.Flags, 2);
            Put(trailer, sample.AgeNs, 4);
            Put(trailer, Number(sample.Value), 8);
        }

        foreach (ValueFields value in fields.Values)
        {
            Put(trailer, value.Slot, 2);
            Put(trailer, Number(value.Value), 6);
        }

        if (fields.Tag is not null)
            Put(trailer, Number(fields.Tag), 8);
        Put(trailer, Number(fields.Time), 6);
        Put(trailer, fields.Stream, 2);
        Put(trailer, fields.Sequence, 4);
        Put(trailer, fields.Epoch, 2);
        Put(trailer, (ulong)fields.Values.Count, 1);
        Put(trailer, (ulong)fields.Samples.Count, 1);
        Put(trailer, 0x10u + fields.Flags, 1);
        Put(trailer, fields.Pad, 1);
        Put(trailer, 0, 2);
        Put(trailer, (ulong)trailer.Count + 4, 2);
        trailer.AddRange("TO"u8);
        byte[] bytes = [.. trailer];
        return (bytes, fields with { Checksum = Mend(bytes) });
    }

    /// <summary>Sets the checksum field to what the sum over the rest lacks.</summary>
    public static ushort Mend(Span<byte> trailer)
    {
        trailer[^6..^4].Clear();
        int checksum = 0xFFFF - PlainParser.Sum(trailer);
        (trailer[^6], trailer[^5]) = ((byte)checksum, (byte)(checksum / 256));
        return (ushort)checksum;
    }

    public static byte[] Ethernet(string typesAndTags, byte[] packet) => [.. Convert.FromHexString(Addresses + typesAndTags), .. packet];

    /// <summary>IPv4 with a right header checksum; options are no-operations.</summary>
    public static byte[] Ipv4(byte[] payload, int optionWords = 0)
    {
        List<byte> header = [(byte)(0x45 + optionWords), 0];
        PutNetwork(header, 20 + (4 * optionWords) + payload.Length);
        header.AddRange(Convert.FromHexString("1234400040110000c0000201c6336402"));
        header.AddRange(Enumerable.Repeat((byte)1, 4 * optionWords));
        int sum = 0xFFFF - PlainParser.Sum([.. header]);
        (header[10], header[11]) = ((byte)sum, (byte)(sum / 256));
        return [.. header, .. payload];
    }

    public static byte[] Ipv6(byte[] payload, byte nextHeader = 17)
    {
        List<byte> header = [0x60, 0, 0, 0];
        PutNetwork(header, payload.Length);
        header.AddRange([nextHeader, 64]);
        header.AddRange(Convert.FromHexString("20010db800000000000000000000000120010db8000000000000000000000002"));
        return [.. header, .. payload];
    }

    public static byte[] Udp(int length)
    {
        List<byte> datagram = [0x30, 0x39, 0x00, 0x35];
        PutNetwork(datagram, 8 + length);
        datagram.AddRange([0, 0]);
        datagram.AddRange(Enumerable.Range(1, length).Select(index => (byte)(index * 3)));
        return [.. datagram];
    }

    public static byte[] Arp() => Convert.FromHexString("000108000604000102000000000ac0000201000000000000c6336402");

    public static byte[] Control(int kind, int payload)
    {
        List<byte> packet = [1, (byte)kind];
        Put(packet, (ulong)payload, 2);
        Put(packet, 0, 4);
        Put(packet, 0x1122_3344_5566_7788, 8);
        Put(packet, 42, 8);
        packet.AddRange(Enumerable.Range(0, 16 + payload).Select(index => (byte)(0xA0 + index)));
        return [.. packet];
    }

    public static ulong Number(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static void Put(List<byte> target, ulong value, int size)
    {
        for (int index = 0; index < size; index++, value /= 256)
            target.Add((byte)(value % 256));
    }

    private static void PutNetwork(List<byte> target, int value) => target.AddRange([(byte)(value / 256), (byte)(value % 256)]);
}
