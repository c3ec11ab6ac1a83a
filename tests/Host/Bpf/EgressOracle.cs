using System.Buffers.Binary;
using OppTel.Bpf;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>What the egress program has to do with a frame when values are due and the lease holds, said with the C# rules.</summary>
internal static class EgressOracle
{
    private const int EthernetHeader = 14;
    private const int VlanTag = 4;

    /// <summary>The reasons that may be counted; one, but for frames that the C# rules refuse without saying why.</summary>
    public static EgressReason[] Expect(ReadOnlySpan<byte> frame, int mtu)
    {
        if (!L3.TryFindEnd(frame, out int end))
            return [EgressReason.UnknownEthertype, EgressReason.MalformedL3];
        if (end != frame.Length)
            return [IsForged(frame, end) ? EgressReason.ForgedTrimmed : EgressReason.LengthMismatch];
        int offset = EthernetHeader;
        while (EtherTypeAt(frame, offset) is EtherType.Vlan or EtherType.ServiceVlan)
            offset += VlanTag;
        ushort type = EtherTypeAt(frame, offset);
        if (type == EtherType.Control && frame[offset + 1] != (byte)ControlKind.Heartbeat)
            return [EgressReason.Control];
        if (type == EtherType.Ipv4 && frame[offset + 9] is 50 or 132)
            return [EgressReason.LateIntegrity];
        if (type == EtherType.Ipv6 && frame[offset + 6] is 50 or 132 or 0 or 43 or 60)
            return [EgressReason.LateIntegrity];
        int secondTag = offset == EthernetHeader + (2 * VlanTag) ? VlanTag : 0;
        int slack = mtu - (end - offset) - secondTag;
        return [slack < WireFormat.FooterSize + WireFormat.ValueSize ? EgressReason.NoSlack : EgressReason.Stamped];
    }

    /// <summary>What has to leave, for every reason but <see cref="EgressReason.Stamped"/>.</summary>
    public static ReadOnlySpan<byte> Left(ReadOnlySpan<byte> frame, EgressReason reason) =>
        reason == EgressReason.ForgedTrimmed && L3.TryFindEnd(frame, out int end) ? frame[..end] : frame;

    private static bool IsForged(ReadOnlySpan<byte> frame, int end) =>
        frame.Length - end >= WireFormat.FooterSize && BinaryPrimitives.ReadUInt16LittleEndian(frame[^2..]) == WireFormat.Magic;

    private static ushort EtherTypeAt(ReadOnlySpan<byte> frame, int offset) => BinaryPrimitives.ReadUInt16BigEndian(frame[(offset - 2)..]);
}
