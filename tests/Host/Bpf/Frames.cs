using System.Buffers.Binary;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Frames as a host's stack makes them.</summary>
internal static class Frames
{
    private static readonly byte[] Addresses = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

    public static byte[] Ipv4Udp(int payload) => Ethernet(0x0800, Ipv4Packet(payload));

    public static byte[] Ipv6Udp(int payload)
    {
        byte[] packet = new byte[40 + 8 + payload];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(8 + payload));
        packet[6] = 17;
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

    public static byte[] Ethernet(ushort type, byte[] packet) => [.. Addresses, (byte)(type >> 8), (byte)type, .. packet];

    private static byte[] Ipv4Packet(int payload)
    {
        byte[] packet = new byte[20 + 8 + payload];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = 17;
        for (int index = 28; index < packet.Length; index++)
            packet[index] = (byte)index;
        return packet;
    }
}
