using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OppTel.Wire.Tunnels;

/// <summary>
/// What all fragments of one packet share: addresses, identification, protocol, and whatever else a router or sender would not change in
/// between: VLAN, type of service, time to live.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct FragmentKey(ulong A, ulong B, ulong C, ulong D, ulong Link, ulong Header)
{
    /// <summary>Reads it from a frame that <see cref="Fragment.TryRead"/> accepted.</summary>
    public static FragmentKey Read(ReadOnlySpan<byte> frame, in Fragment fragment)
    {
        ReadOnlySpan<byte> packet = frame[fragment.Packet..];
        ulong link = LinkOf(frame[..fragment.Packet]);
        if (!fragment.IsIpv6)
        {
            // Version, header length, type of service; identification; time to live, protocol.
            ulong header = ((ulong)BinaryPrimitives.ReadUInt16BigEndian(packet) << 32) | ((ulong)BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) << 16)
                | BinaryPrimitives.ReadUInt16BigEndian(packet[8..]);
            return new FragmentKey(BinaryPrimitives.ReadUInt64BigEndian(packet[12..]), 0, 0, 0, link, header);
        }

        // Version, traffic class, flow label; identification. Hop limit and protocol go where a link has no tag.
        ulong flow = ((ulong)BinaryPrimitives.ReadUInt32BigEndian(packet) << 32) | BinaryPrimitives.ReadUInt32BigEndian(packet[(OuterHeaders.Ipv6 + 4)..]);
        return new FragmentKey(
            BinaryPrimitives.ReadUInt64BigEndian(packet[8..]), BinaryPrimitives.ReadUInt64BigEndian(packet[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(packet[24..]), BinaryPrimitives.ReadUInt64BigEndian(packet[32..]),
            link ^ ((ulong)packet[7] << 56) ^ ((ulong)packet[OuterHeaders.Ipv6] << 48), flow);
    }

    /// <summary>Both tags, or as many as there are.</summary>
    private static ulong LinkOf(ReadOnlySpan<byte> link) => link.Length switch
    {
        22 => BinaryPrimitives.ReadUInt64BigEndian(link[12..]) & 0x0000_FFFF_FFFF_FFFF,
        18 => BinaryPrimitives.ReadUInt32BigEndian(link[12..]),
        _ => 0,
    };
}
