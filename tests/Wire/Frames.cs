using System.Buffers.Binary;

namespace OppTel.Wire.Tests;

/// <summary>Frames as a host's stack makes them, and what a sender appends to them.</summary>
internal static class Frames
{
    private static readonly byte[] Addresses = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

    public static byte[] Ipv4(int payload, int headerWords = 5)
    {
        byte[] packet = new byte[(headerWords * 4) + payload];
        packet[0] = (byte)(0x40 | headerWords);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = 17;
        Fill(packet.AsSpan(headerWords * 4));
        return Ethernet(EtherType.Ipv4, packet);
    }

    public static byte[] Ipv6(int payload, byte nextHeader = 17)
    {
        byte[] packet = new byte[40 + payload];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)payload);
        packet[6] = nextHeader;
        Fill(packet.AsSpan(40));
        return Ethernet(EtherType.Ipv6, packet);
    }

    public static byte[] Arp()
    {
        byte[] packet = new byte[28];
        new byte[] { 0, 1, 8, 0, 6, 4, 0, 1 }.CopyTo(packet, 0);
        Fill(packet.AsSpan(8));
        return Ethernet(EtherType.Arp, packet);
    }

    public static byte[] Control(ControlKind kind, int payload = 0)
    {
        byte[] packet = new byte[ControlHeader.Size + payload];
        new ControlHeader(kind, (ushort)payload, 0x1122_3344_5566_7788, 9).Write(packet);
        Fill(packet.AsSpan(ControlHeader.Size));
        return Ethernet(EtherType.Control, packet);
    }

    public static byte[] Vlan(byte[] frame, params ReadOnlySpan<ushort> tagTypes)
    {
        foreach (ushort type in tagTypes)
            frame = [.. frame[..12], (byte)(type >> 8), (byte)type, 0x20, 42, .. frame[12..]];
        return frame;
    }

    public static byte[] Ethernet(ushort type, byte[] packet) => [.. Addresses, (byte)(type >> 8), (byte)type, .. packet];

    /// <summary>A trailer of these records, whatever it is appended to.</summary>
    public static byte[] Trailer(
        ReadOnlySpan<ValueRecord> values, ReadOnlySpan<SampleRecord> samples = default, int pad = 0, TrailerFlags flags = TrailerFlags.None)
    {
        byte[] trailer = new byte[TrailerWriter.Size(values.Length, samples.Length, pad, flags)];
        Footer footer = Footer.Create(
            0x0102_0304_0506, 3, 1_000_000, 0xBEEF, (byte)values.Length, (byte)samples.Length, flags, (byte)pad);
        TrailerWriter.Write(trailer, footer, values, samples, 0x0123_4567_89AB_CDEF);
        return trailer;
    }

    /// <summary>Values with slots and contents that differ from each other.</summary>
    public static ValueRecord[] Values(int count) =>
        [.. Enumerable.Range(0, count).Select(index => new ValueRecord((ushort)(index * 257), ((ulong)index * 0x9E37_79B9_7F4A) & WireFormat.Mask48))];

    private static void Fill(Span<byte> bytes)
    {
        for (int index = 0; index < bytes.Length; index++)
            bytes[index] = (byte)((index * 7) + 1);
    }
}
