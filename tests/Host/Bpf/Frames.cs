using System.Buffers.Binary;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Frames as a host's stack makes them.</summary>
internal static class Frames
{
    private static readonly byte[] Addresses = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

    public const byte Udp = 17;

    public static byte[] Ipv4Udp(int payload) => Ipv4(payload, Udp);

    public static byte[] Ipv4(int payload, byte protocol) => Ethernet(0x0800, Ipv4Packet(payload, protocol));

    public static byte[] Ipv6Udp(int payload) => Ipv6(payload, Udp);

    public static byte[] Ipv6(int payload, byte next)
    {
        byte[] packet = new byte[40 + 8 + payload];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(8 + payload));
        packet[6] = next;
        packet[7] = 64;
        return Ethernet(0x86DD, packet);
    }

    public static byte[] Arp()
    {
        byte[] packet = new byte[28];
        new byte[] { 0, 1, 8, 0, 6, 4, 0, 1 }.CopyTo(packet, 0);
        return Ethernet(0x0806, packet);
    }

    public static byte[] Vlan(byte[] frame, params ReadOnlySpan<ushort> tagTypes)
    {
        foreach (ushort type in tagTypes)
        {
            byte[] tag = [(byte)(type >> 8), (byte)type, 0, 42];
            frame = [.. frame[..12], .. tag, .. frame[12..]];
        }

        return frame;
    }

    public static byte[] Control(byte kind, int payload = 0)
    {
        byte[] packet = new byte[40 + payload];
        packet[0] = 1;
        packet[1] = kind;
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(2), (ushort)payload);
        return Ethernet(0x88B5, packet);
    }

    /// <summary>A valid trailer behind a frame, as somebody on the host would forge it.</summary>
    public static byte[] Forge(byte[] frame, int values = 1)
    {
        byte[] trailer = new byte[TrailerWriter.Size(values, 0, 0, TrailerFlags.None)];
        Footer footer = Footer.Create(1, 0, 1, 1, (byte)values, 0, TrailerFlags.None, 0);
        TrailerWriter.Write(trailer, footer, new ValueRecord[values], []);
        return [.. frame, .. trailer];
    }

    public static byte[] Ethernet(ushort type, byte[] packet) => [.. Addresses, (byte)(type >> 8), (byte)type, .. packet];

    private static byte[] Ipv4Packet(int payload, byte protocol)
    {
        byte[] packet = new byte[20 + 8 + payload];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = protocol;
        for (int index = 28; index < packet.Length; index++)
            packet[index] = (byte)index;
        return packet;
    }
}
