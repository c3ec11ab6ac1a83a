using System.Buffers.Binary;

namespace OppTel.Wire.Tunnels;

/// <summary>
/// Makes IP and UDP headers tell of fewer bytes, so that they read as the stack would have written them. A neutral trailer is nothing to
/// any sum: only the lengths change (RFC 1624), and a checksum that was wrong stays wrong.
/// </summary>
public static class OuterLengths
{
    /// <summary>Takes <paramref name="bytes"/> off the lengths of the outer packet and its datagram.</summary>
    /// <param name="frame">The frame, as far as the UDP header at least.</param>
    /// <param name="outer">Where its headers are.</param>
    /// <param name="bytes">The trailer's length.</param>
    public static void Shorten(Span<byte> frame, in OuterHeaders outer, int bytes)
    {
        ShortenPacket(frame[outer.Packet..], outer.IsIpv6, bytes);
        ShortenDatagram(frame[outer.Datagram..], bytes);
    }

    /// <summary>Takes bytes off the length in an IP header.</summary>
    public static void ShortenPacket(Span<byte> packet, bool isIpv6, int bytes)
    {
        if (!isIpv6)
        {
            ReplaceIpv4(packet, 2, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) - bytes));
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) - bytes));
    }

    /// <summary>Replaces a word of an IPv4 header and keeps its checksum as right as it was.</summary>
    public static void ReplaceIpv4(Span<byte> packet, int offset, ushort value)
    {
        uint sum = BinaryPrimitives.ReadUInt16BigEndian(packet[10..]) + (uint)BinaryPrimitives.ReadUInt16BigEndian(packet[offset..]) + (ushort)~value;
        ushort checksum = Fold(sum);
        BinaryPrimitives.WriteUInt16BigEndian(packet[offset..], value);
        // Of the two zeros, a sum over a header that is not all zeros makes this one.
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], checksum == 0xFFFF ? (ushort)0 : checksum);
    }

    /// <summary>Takes bytes off the length of a UDP datagram, which its checksum has twice: in the header and in front of it.</summary>
    public static void ShortenDatagram(Span<byte> datagram, int bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(datagram[4..]) - bytes));
        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(datagram[6..]);
        // Zero is none, and a sum of zero is written as 0xFFFF: what is not zero stays so.
        if (checksum != 0)
            BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], Fold(checksum + (2 * (uint)bytes)));
    }

    private static ushort Fold(uint sum)
    {
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)((sum & 0xFFFF) + (sum >> 16));
    }
}
