using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>Finds where the L3 packet of an Ethernet frame ends. Section 3 of <c>bpf/WIRE.md</c>.</summary>
public static class L3
{
    private const int EthernetHeader = 14;
    private const int VlanTag = 4;
    private const int MaxVlanTags = 2;

    /// <summary>
    /// Gives the offset, in bytes from the start of the frame, of the first byte behind the L3 packet.
    /// </summary>
    /// <param name="frame">An Ethernet frame without FCS.</param>
    /// <param name="end">Offset behind the L3 packet; at most the frame's length.</param>
    /// <returns>False for an EtherType without a rule, a malformed header, or an L3 packet longer than the frame.</returns>
    public static bool TryFindEnd(ReadOnlySpan<byte> frame, out int end)
    {
        end = 0;
        if (frame.Length < EthernetHeader)
            return false;

        int offset = EthernetHeader;
        ushort etherType = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        for (int tags = 0; tags < MaxVlanTags && etherType is EtherType.Vlan or EtherType.ServiceVlan; tags++)
        {
            if (frame.Length < offset + VlanTag)
                return false;
            etherType = BinaryPrimitives.ReadUInt16BigEndian(frame[(offset + 2)..]);
            offset += VlanTag;
        }

        if (!TryGetLength(etherType, frame[offset..], out int length) || length > frame.Length - offset)
            return false;
        end = offset + length;
        return true;
    }

    private static bool TryGetLength(ushort etherType, ReadOnlySpan<byte> packet, out int length)
    {
        length = 0;
        switch (etherType)
        {
            case EtherType.Ipv4:
                if (packet.Length < 20 || packet[0] >> 4 != 4 || (packet[0] & 0xF) < 5)
                    return false;
                length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
                return length >= (packet[0] & 0xF) * 4;

            case EtherType.Ipv6:
                if (packet.Length < 40 || packet[0] >> 4 != 6)
                    return false;
                int payload = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
                length = 40 + payload;
                // Zero before a hop-by-hop header is a jumbogram: its length is elsewhere.
                return payload != 0 || packet[6] != 0;

            case EtherType.Arp:
                // Ethernet and IPv4 addresses only: six and four bytes long.
                length = 28;
                return packet.Length >= 28
                    && BinaryPrimitives.ReadUInt64BigEndian(packet) >> 16 == 0x0001_0800_0604;

            case EtherType.Control:
                if (packet.Length < ControlHeader.Size || packet[0] != ControlHeader.CurrentVersion)
                    return false;
                length = ControlHeader.Size + BinaryPrimitives.ReadUInt16LittleEndian(packet[2..]);
                return true;

            default:
                return false;
        }
    }
}
