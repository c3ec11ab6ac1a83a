using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>The last 24 bytes of a trailer, as three little-endian words. Source: <c>struct opptel_footer</c>.</summary>
/// <param name="Word0">u48 time, u16 stream.</param>
/// <param name="Word1">u32 sequence, u16 epoch, u8 values, u8 samples.</param>
/// <param name="Word2">u8 version and flags, u8 pad, u16 checksum, u16 length, u16 magic.</param>
public readonly record struct Footer(ulong Word0, ulong Word1, ulong Word2)
{
    /// <summary>CLOCK_BOOTTIME nanoseconds when stamped, modulo 2^48.</summary>
    public ulong Time => Word0 & WireFormat.Mask48;

    /// <summary>CPU number of the host.</summary>
    public ushort Stream => (ushort)(Word0 >> 48);

    /// <summary>Number of this trailer within its stream.</summary>
    public uint Sequence => (uint)Word1;

    /// <summary>Catalog epoch that gives the slots their meaning.</summary>
    public ushort Epoch => (ushort)(Word1 >> 32);

    /// <summary>Number of value records.</summary>
    public int Values => (byte)(Word1 >> 48);

    /// <summary>Number of sample records.</summary>
    public int Samples => (byte)(Word1 >> 56);

    /// <summary>Format version.</summary>
    public int Version => (int)(Word2 >> 4) & 0xF;

    /// <summary>Flags of this trailer.</summary>
    public TrailerFlags Flags => (TrailerFlags)(Word2 & 0xF);

    /// <summary>Zero bytes before the records.</summary>
    public int Pad => (byte)(Word2 >> 8);

    /// <summary>The field that makes the sum over the trailer 0xFFFF.</summary>
    public ushort Checksum => (ushort)(Word2 >> 16);

    /// <summary>Bytes of the whole trailer, footer included.</summary>
    public int Length => (ushort)(Word2 >> 32);

    /// <summary>Must be <see cref="WireFormat.Magic"/>.</summary>
    public ushort Magic => (ushort)(Word2 >> 48);

    /// <summary>Bytes that counts, pad and tag flag add up to; equal to <see cref="Length"/> in a valid trailer.</summary>
    public int ComputedLength =>
        WireFormat.FooterSize + (Values * WireFormat.ValueSize) + (Samples * WireFormat.SampleSize) + Pad
        + ((Flags & TrailerFlags.Tag) != 0 ? WireFormat.TagSize : 0);

    /// <summary>Reads a footer from exactly the last 24 bytes of <paramref name="bytes"/>.</summary>
    public static Footer Read(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> tail = bytes[^WireFormat.FooterSize..];
        return new Footer(
            BinaryPrimitives.ReadUInt64LittleEndian(tail),
            BinaryPrimitives.ReadUInt64LittleEndian(tail[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(tail[16..]));
    }

    /// <summary>Builds a footer whose checksum is still zero.</summary>
    public static Footer Create(
        ulong time, ushort stream, uint sequence, ushort epoch, byte values, byte samples, TrailerFlags flags, byte pad)
    {
        ulong word0 = (time & WireFormat.Mask48) | ((ulong)stream << 48);
        ulong word1 = sequence | ((ulong)epoch << 32) | ((ulong)values << 48) | ((ulong)samples << 56);
        ulong word2 = (uint)(WireFormat.Version << 4) | (ulong)flags | ((ulong)pad << 8) | ((ulong)WireFormat.Magic << 48);
        Footer footer = new(word0, word1, word2);
        return footer with { Word2 = word2 | ((ulong)footer.ComputedLength << 32) };
    }

    /// <summary>Writes the footer into the last 24 bytes of <paramref name="bytes"/>.</summary>
    public void Write(Span<byte> bytes)
    {
        Span<byte> tail = bytes[^WireFormat.FooterSize..];
        BinaryPrimitives.WriteUInt64LittleEndian(tail, Word0);
        BinaryPrimitives.WriteUInt64LittleEndian(tail[8..], Word1);
        BinaryPrimitives.WriteUInt64LittleEndian(tail[16..], Word2);
    }
}
