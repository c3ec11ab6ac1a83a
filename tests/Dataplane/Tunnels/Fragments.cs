using System.Buffers.Binary;

namespace OppTel.Dataplane.Tests.Tunnels;

/// <summary>Fragments packets as Linux does: from the front, each but the last full to a multiple of eight bytes.</summary>
internal static class Fragments
{
    /// <summary>The frames of a packet on a link with an MTU; one, as it is, when it fits.</summary>
    /// <param name="frame">An untagged frame of IPv4 without options, or of IPv6.</param>
    /// <param name="mtu">Bytes.</param>
    /// <param name="identification">Of the packet.</param>
    public static List<byte[]> Of(byte[] frame, int mtu, int identification) =>
        frame.Length - 14 <= mtu ? [Identified(Fragmentable(frame), identification)] : frame[12] == 8 ? Ipv4(frame, mtu, identification) : Ipv6(frame, mtu, identification);

    private static List<byte[]> Ipv4(byte[] frame, int mtu, int identification)
    {
        const int Headers = 14 + 20;
        List<byte[]> fragments = [];
        int most = (mtu - 20) / 8 * 8, left = frame.Length - Headers;
        for (int offset = 0; left > 0; offset += most, left -= most)
        {
            byte[] fragment = [.. frame[..Headers], .. frame.AsSpan(Headers + offset, Math.Min(most, left))];
            BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(16), (ushort)(fragment.Length - 14));
            BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(20), (ushort)((offset / 8) | (left > most ? 0x2000 : 0)));
            fragments.Add(Identified(fragment, identification));
        }

        return fragments;
    }

    private static List<byte[]> Ipv6(byte[] frame, int mtu, int identification)
    {
        const int Headers = 14 + 40;
        List<byte[]> fragments = [];
        int most = (mtu - 48) / 8 * 8, left = frame.Length - Headers;
        for (int offset = 0; left > 0; offset += most, left -= most)
        {
            byte[] header = [frame[20], 0, 0, 0, 0, 0, 0, 0];
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(offset | (left > most ? 1 : 0)));
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), identification);
            byte[] fragment = [.. frame[..Headers], .. header, .. frame.AsSpan(Headers + offset, Math.Min(most, left))];
            fragment[20] = 44;
            BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(18), (ushort)(fragment.Length - Headers));
            fragments.Add(fragment);
        }

        return fragments;
    }

    /// <summary>Who fragments packets forbids it in none.</summary>
    private static byte[] Fragmentable(byte[] frame) => frame[12] == 8 ? [.. frame[..20], 0, 0, .. frame[22..]] : frame;

    /// <summary>Gives an IPv4 packet its identification, and its checksum anew.</summary>
    private static byte[] Identified(byte[] frame, int identification)
    {
        if (frame[12] != 8)
            return frame;
        byte[] changed = [.. frame];
        BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(18), (ushort)identification);
        (changed[24], changed[25]) = (0, 0);
        int sum = 0xFFFF - Wire.Tests.PlainParser.Sum(changed.AsSpan(14, 20));
        (changed[24], changed[25]) = ((byte)sum, (byte)(sum >> 8));
        return changed;
    }
}
