using System.Buffers.Binary;

namespace OppTel.Wire.Tunnels;

/// <summary>Where the headers around a frame in a tunnel are. Section 11 of <c>bpf/WIRE.md</c>.</summary>
/// <param name="Packet">Offset of the outer IP header.</param>
/// <param name="Datagram">Offset of the outer UDP header; 0 when there is no tunnel.</param>
/// <param name="Frame">Offset of the inner frame.</param>
/// <param name="IsIpv6">Whether the outer packet is IPv6.</param>
public readonly record struct OuterHeaders(int Packet, int Datagram, int Frame, bool IsIpv6)
{
    /// <summary>Bytes of a UDP header.</summary>
    public const int Udp = 8;

    /// <summary>Bytes of VXLAN's header, and of Geneve's without options.</summary>
    public const int Tunnel = 8;

    /// <summary>Bytes of an IPv6 header.</summary>
    public const int Ipv6 = 40;

    /// <summary>The protocol of UDP.</summary>
    internal const byte UdpProtocol = 17;

    private const int Ethernet = 14;
    private const int FragmentMask = 0x3FFF;
    private const ushort TransparentEthernet = 0x6558;

    /// <summary>Whether there is a tunnel.</summary>
    public bool IsTunnel => Datagram != 0;

    /// <summary>Reads the headers of a frame that ends with its IP packet and its UDP datagram.</summary>
    /// <returns><see cref="StripReason.Stripped"/>, or why no trailer can be inside.</returns>
    public static StripReason Read(ReadOnlySpan<byte> frame, TunnelPorts ports, out OuterHeaders outer)
    {
        outer = default;
        if (!L3.TryFind(frame, out int packet, out int end))
            return StripReason.UnknownL3;
        if (end != frame.Length || !TryFindDatagram(frame[packet..], EtherTypeBefore(frame, packet), out int header))
            return StripReason.NotAtL3End;
        ReadOnlySpan<byte> datagram = frame[(packet + header)..];
        if (datagram.Length < Udp || ports.KindOf(BinaryPrimitives.ReadUInt16BigEndian(datagram[2..])) is not (not TunnelKind.None and TunnelKind kind))
            return StripReason.NotAtL3End;
        if (BinaryPrimitives.ReadUInt16BigEndian(datagram[4..]) != datagram.Length || !TryFindFrame(datagram[Udp..], kind, out int inner))
            return StripReason.BadTunnel;
        outer = new OuterHeaders(packet, packet + header, packet + header + Udp + inner, header == Ipv6 && frame[packet] >> 4 == 6);
        return StripReason.Stripped;
    }

    /// <summary>Finds the UDP datagram in a whole packet: no fragment, and no extension header of IPv6.</summary>
    private static bool TryFindDatagram(ReadOnlySpan<byte> packet, ushort etherType, out int header)
    {
        header = etherType == EtherType.Ipv6 ? Ipv6 : (packet[0] & 0xF) * 4;
        return etherType switch
        {
            EtherType.Ipv4 => packet[9] == UdpProtocol && (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & FragmentMask) == 0,
            EtherType.Ipv6 => packet[6] == UdpProtocol,
            _ => false,
        };
    }

    /// <summary>Finds the inner frame behind the tunnel's header; it has an Ethernet header at least.</summary>
    internal static bool TryFindFrame(ReadOnlySpan<byte> payload, TunnelKind kind, out int inner)
    {
        inner = Tunnel;
        if (payload.Length < Tunnel)
            return false;
        if (kind == TunnelKind.Geneve)
            inner += (payload[0] & 0x3F) * 4;
        // VXLAN: a network is named (I), and the payload is no other protocol (P of VXLAN-GPE). Geneve: version 0, and an Ethernet frame.
        bool isFrame = kind == TunnelKind.Vxlan
            ? (payload[0] & 0x0C) == 0x08
            : payload[0] >> 6 == 0 && BinaryPrimitives.ReadUInt16BigEndian(payload[2..]) == TransparentEthernet;
        return isFrame && payload.Length >= inner + Ethernet;
    }

    private static ushort EtherTypeBefore(ReadOnlySpan<byte> frame, int packet) => BinaryPrimitives.ReadUInt16BigEndian(frame[(packet - sizeof(ushort))..]);
}
