using System.Buffers.Binary;

namespace OppTel.Wire.Tunnels;

/// <summary>Where one fragment of an IP packet stands in its packet, and where its bytes are in its frame.</summary>
/// <param name="Packet">Offset of its IP header in the frame.</param>
/// <param name="Data">Offset of its part of the payload in the frame.</param>
/// <param name="Length">Bytes of that part.</param>
/// <param name="Offset">Bytes of the payload in front of it.</param>
/// <param name="HasMore">Whether it is not the last.</param>
/// <param name="IsIpv6">Whether it is IPv6.</param>
/// <param name="Protocol">Of the payload.</param>
public readonly record struct Fragment(int Packet, int Data, int Length, int Offset, bool HasMore, bool IsIpv6, byte Protocol)
{
    /// <summary>Bytes of IPv6's fragment header.</summary>
    public const int HeaderSize = 8;

    /// <summary>IPv6's next header in front of a fragment header.</summary>
    public const byte Header = 44;

    /// <summary>Offset of flags and fragment offset in an IPv4 header.</summary>
    public const int Ipv4Flags = 6;

    /// <summary>More fragments, in that field of IPv4.</summary>
    public const ushort Ipv4More = 0x2000;

    private const int Ipv4OffsetMask = 0x1FFF;
    private const int Ipv6OffsetMask = 0xFFF8;

    /// <summary>Bytes of the payload up to its end.</summary>
    public int End => Offset + Length;

    /// <summary>Reads a fragment that is its frame's whole packet.</summary>
    /// <returns>False for what is no fragment, has bytes behind it or none in it, or ends in the middle of eight bytes without being the last.</returns>
    public static bool TryRead(ReadOnlySpan<byte> frame, out Fragment fragment)
    {
        fragment = default;
        if (!L3.TryFind(frame, out int at, out int end) || end != frame.Length)
            return false;
        ReadOnlySpan<byte> packet = frame[at..];
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[(at - sizeof(ushort))..]);
        if (type == EtherType.Ipv4)
            fragment = Ipv4(packet, at);
        else if (type == EtherType.Ipv6 && packet[6] == Header && packet.Length >= OuterHeaders.Ipv6 + HeaderSize)
            fragment = Ipv6(packet, at);
        else
            return false;
        bool isFragment = fragment.HasMore || fragment.Offset != 0;
        return isFragment && fragment.Length > 0 && (!fragment.HasMore || fragment.Length % 8 == 0);
    }

    /// <summary>Whether a first fragment begins a datagram to a tunnel's port and holds every header down to that of the inner frame.</summary>
    /// <param name="data">Its part of the payload.</param>
    /// <param name="ports">Where tunnels go.</param>
    /// <param name="isTiny">Whether it is such a datagram, but not all of that is there.</param>
    public bool BeginsTunnel(ReadOnlySpan<byte> data, TunnelPorts ports, out bool isTiny)
    {
        isTiny = false;
        if (Offset != 0 || Protocol != OuterHeaders.UdpProtocol)
            return false;
        isTiny = data.Length < OuterHeaders.Udp;
        if (isTiny || ports.KindOf(BinaryPrimitives.ReadUInt16BigEndian(data[2..])) is not (not TunnelKind.None and TunnelKind kind))
            return false;
        isTiny = !OuterHeaders.TryFindFrame(data[OuterHeaders.Udp..], kind, out _);
        return !isTiny;
    }

    private static Fragment Ipv4(ReadOnlySpan<byte> packet, int at)
    {
        int header = (packet[0] & 0xF) * 4, field = BinaryPrimitives.ReadUInt16BigEndian(packet[Ipv4Flags..]);
        return new Fragment(at, at + header, packet.Length - header, (field & Ipv4OffsetMask) * 8, (field & Ipv4More) != 0, false, packet[9]);
    }

    private static Fragment Ipv6(ReadOnlySpan<byte> packet, int at)
    {
        int field = BinaryPrimitives.ReadUInt16BigEndian(packet[(OuterHeaders.Ipv6 + 2)..]);
        const int Headers = OuterHeaders.Ipv6 + HeaderSize;
        return new Fragment(at, at + Headers, packet.Length - Headers, field & Ipv6OffsetMask, (field & 1) != 0, true, packet[OuterHeaders.Ipv6]);
    }
}
