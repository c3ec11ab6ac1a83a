using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>Header of a control frame behind its Ethernet header. Source: <c>struct opptel_control</c>.</summary>
/// <param name="Kind">What the payload is.</param>
/// <param name="PayloadLength">Bytes behind this header.</param>
/// <param name="Instance">Random number of the sending process.</param>
/// <param name="Counter">Strictly increasing within an instance, against replay.</param>
/// <param name="Echo">
/// Of a host: which beacon it accepted last, by <see cref="BeaconEcho"/>; in a datagram the low half of the instance of the collector that it is for;
/// 0 for none.
/// </param>
/// <param name="IsDatagram">Whether it travels in UDP: what was signed for one way is nothing on the other.</param>
public readonly record struct ControlHeader(ControlKind Kind, ushort PayloadLength, ulong Instance, ulong Counter, uint Echo = 0, bool IsDatagram = false)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 40;

    /// <summary>Offset of the 16-byte keyed tag.</summary>
    public const int TagOffset = 24;

    /// <summary>Bytes of the keyed tag.</summary>
    public const int TagSize = 16;

    /// <summary>Bit of the kind that says that it travels in UDP. Source: <c>OPPTEL_CONTROL_DATAGRAM</c>.</summary>
    public const byte Datagram = 0x80;

    /// <summary>The only known version.</summary>
    public const byte CurrentVersion = 1;

    /// <summary>Reads the header at the start of <paramref name="packet"/>; false when short, of another version or longer than the packet.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out ControlHeader header)
    {
        header = default;
        if (packet.Length < Size || packet[0] != CurrentVersion)
            return false;
        ushort length = BinaryPrimitives.ReadUInt16LittleEndian(packet[2..]);
        if (length > packet.Length - Size)
            return false;
        header = new ControlHeader(
            (ControlKind)(packet[1] & ~Datagram),
            length,
            BinaryPrimitives.ReadUInt64LittleEndian(packet[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(packet[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(packet[4..]),
            (packet[1] & Datagram) != 0);
        return true;
    }

    /// <summary>Writes the header with a zero tag into the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> packet)
    {
        packet[..Size].Clear();
        packet[0] = CurrentVersion;
        packet[1] = (byte)((byte)Kind | (IsDatagram ? Datagram : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(packet[2..], PayloadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(packet[4..], Echo);
        BinaryPrimitives.WriteUInt64LittleEndian(packet[8..], Instance);
        BinaryPrimitives.WriteUInt64LittleEndian(packet[16..], Counter);
    }
}
