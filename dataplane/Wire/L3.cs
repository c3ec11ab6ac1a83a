using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace OppTel.Wire;

/// <summary>Finds where the L3 packet of an Ethernet frame ends. Section 3 of <c>bpf/WIRE.md</c>.</summary>
public static class L3
{
    private const int EthernetHeader = 14;
    private const int VlanTag = 4;
    private const int MaxVlanTags = 2;
    private const int Ipv4Header = 20;
    private const int Ipv6Header = 40;
    private const int ArpPacket = 28;

    /// <summary>First six bytes of an ARP packet with Ethernet and IPv4 addresses: hardware 1, protocol 0x0800, lengths 6 and 4.</summary>
    private const ulong ArpEthernetIpv4 = 0x0001_0800_0604;

    /// <summary>Gives the offset, in bytes from the start of the frame, of the first byte behind the L3 packet.</summary>
    /// <param name="frame">An Ethernet frame without FCS.</param>
    /// <param name="end">
    /// Offset behind the L3 packet as its header tells it: beyond the frame when bytes of the packet are missing.
    /// </param>
    /// <returns>False for an EtherType without a rule, and for a header that is cut short or malformed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFindEnd(ReadOnlySpan<byte> frame, out int end) => TryFind(frame, out _, out end);

    /// <summary>Gives the offsets of the first byte of the L3 packet, and of the first one behind it as <see cref="TryFindEnd"/> does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryFind(ReadOnlySpan<byte> frame, out int offset, out int end)
    {
        (offset, end) = (EthernetHeader, 0);
        if (frame.Length < EthernetHeader)
            return false;

        ushort etherType = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        if (etherType is EtherType.Vlan or EtherType.ServiceVlan)
        {
            offset = SkipTags(frame);
            etherType = BinaryPrimitives.ReadUInt16BigEndian(frame[(offset - sizeof(ushort))..]);
        }

        ReadOnlySpan<byte> packet = frame[offset..];
        int length = etherType == EtherType.Ipv4 ? Ipv4Length(packet)
            : etherType == EtherType.Ipv6 ? Ipv6Length(packet)
            : RareLength(etherType, packet);
        end = offset + length;
        return length != 0;
    }

    /// <summary>Offset behind one or two tags, as far as the frame has them: what is cut short leaves a tag's type, which has no rule.</summary>
    private static int SkipTags(ReadOnlySpan<byte> frame)
    {
        int offset = EthernetHeader;
        for (int tags = 0; tags < MaxVlanTags && frame.Length >= offset + VlanTag; tags++)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(frame[(offset - sizeof(ushort))..]) is not (EtherType.Vlan or EtherType.ServiceVlan))
                break;
            offset += VlanTag;
        }

        return offset;
    }

    // Lengths of whole L3 packets; zero when the header is cut short or malformed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Ipv4Length(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Ipv4Header)
            return 0;
        int header = (packet[0] & 0xF) * 4;
        int length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        return packet[0] >> 4 == 4 && header >= Ipv4Header && length >= header ? length : 0;
    }

    private static int Ipv6Length(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Ipv6Header || packet[0] >> 4 != 6)
            return 0;
        int payload = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        // No payload before a hop-by-hop header is a jumbogram: its length is elsewhere.
        return payload != 0 || packet[6] != 0 ? Ipv6Header + payload : 0;
    }

    private static int RareLength(ushort etherType, ReadOnlySpan<byte> packet) => etherType switch
    {
        EtherType.Arp when packet.Length >= ArpPacket && BinaryPrimitives.ReadUInt64BigEndian(packet) >> 16 == ArpEthernetIpv4 => ArpPacket,
        EtherType.Control when packet.Length >= ControlHeader.Size && packet[0] == ControlHeader.CurrentVersion =>
            ControlHeader.Size + BinaryPrimitives.ReadUInt16LittleEndian(packet[2..]),
        _ => 0,
    };
}
