using System.Buffers.Binary;
using OppTel.Wire;

namespace OppTel.Dataplane.Tests;

/// <summary>Frames as hosts send them.</summary>
internal static class Frames
{
    public static readonly byte[] ControlGroup = [0x01, 0x80, 0xC2, 0x00, 0x00, 0x0E];

    public static byte[] Ipv4(int length, Random random, int vlanTags = 0)
    {
        byte[] frame = Ethernet(length, EtherType.Ipv4, vlanTags, random, out Span<byte> packet);
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        return frame;
    }

    public static byte[] Ipv6(int length, Random random, int vlanTags = 0)
    {
        byte[] frame = Ethernet(length, EtherType.Ipv6, vlanTags, random, out Span<byte> packet);
        packet[0] = 0x60;
        packet[6] = 17;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - 40));
        return frame;
    }

    public static byte[] Arp(Random random)
    {
        byte[] frame = Ethernet(42, EtherType.Arp, 0, random, out Span<byte> packet);
        BinaryPrimitives.WriteUInt64BigEndian(packet, 0x0001_0800_0604_0001);
        return frame;
    }

    public static byte[] Control(ControlKind kind, int payload, Random random, bool toGroup = true)
    {
        byte[] frame = Ethernet(14 + ControlHeader.Size + payload, EtherType.Control, 0, random, out Span<byte> packet);
        new ControlHeader(kind, (ushort)payload, 1, 1).Write(packet);
        if (toGroup)
            ControlGroup.CopyTo(frame, 0);
        return frame;
    }

    /// <summary>A frame of any bytes: whatever a network may hold.</summary>
    public static byte[] Garbage(int length, Random random)
    {
        byte[] frame = new byte[length];
        random.NextBytes(frame);
        return frame;
    }

    public static byte[] Any(Random random) => random.Next(8) switch
    {
        0 => Arp(random),
        1 => Garbage(random.Next(14, 200), random),
        2 or 3 => Ipv6(random.Next(80, 1400), random, random.Next(3)),
        _ => Ipv4(random.Next(60, 1400), random, random.Next(3)),
    };

    /// <summary>The frame with a valid trailer behind it.</summary>
    public static byte[] Stamp(byte[] frame, Random random, out byte[] trailer)
    {
        ValueRecord[] values = new ValueRecord[random.Next(1, 12)];
        SampleRecord[] samples = new SampleRecord[random.Next(3)];
        for (int index = 0; index < values.Length; index++)
            values[index] = new ValueRecord((ushort)random.Next(65536), (ulong)random.NextInt64() & WireFormat.Mask48);
        for (int index = 0; index < samples.Length; index++)
            samples[index] = new SampleRecord((ushort)random.Next(65536), 0, (uint)random.Next(), (ulong)random.NextInt64());
        byte pad = (byte)(2 * random.Next(4));
        Footer footer = Footer.Create(
            (ulong)random.NextInt64(), (ushort)random.Next(64), (uint)random.Next(), 7, (byte)values.Length, (byte)samples.Length, TrailerFlags.None, pad);
        trailer = new byte[footer.Length];
        TrailerWriter.Write(trailer, footer, values, samples);
        return [.. frame, .. trailer];
    }

    private static byte[] Ethernet(int length, ushort etherType, int vlanTags, Random random, out Span<byte> packet)
    {
        byte[] frame = new byte[length + (4 * vlanTags)];
        random.NextBytes(frame);
        frame[0] &= 0xFE;
        int offset = 12;
        for (int tag = 0; tag < vlanTags; tag++, offset += 4)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(offset), tag == 0 && vlanTags == 2 ? EtherType.ServiceVlan : EtherType.Vlan);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(offset), etherType);
        packet = frame.AsSpan(offset + 2);
        return frame;
    }
}
