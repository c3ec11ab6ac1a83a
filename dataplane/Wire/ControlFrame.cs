using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>The Ethernet side of control frames. Section 7 of <c>bpf/WIRE.md</c>.</summary>
public static class ControlFrame
{
    /// <summary>Bytes in front of the control header.</summary>
    public const int EthernetHeader = 14;

    /// <summary>Destination: the nearest-bridge group address, which no 802.1D bridge forwards. Source: <c>OPPTEL_CONTROL_GROUP</c>.</summary>
    public static ReadOnlySpan<byte> Group => [0x01, 0x80, 0xC2, 0x00, 0x00, 0x0E];

    /// <summary>Whether the dataplane takes this frame for itself: it goes to the group and its EtherType, behind no tag, is control.</summary>
    public static bool IsOurs(ReadOnlySpan<byte> frame) =>
        frame.Length >= EthernetHeader
        && BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) == EtherType.Control
        && frame.StartsWith(Group);
}
