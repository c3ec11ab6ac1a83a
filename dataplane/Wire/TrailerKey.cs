using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>Key of the tags of trailers: 16 bytes as two little-endian words. Source: <c>struct opptel_tag_key</c>.</summary>
/// <param name="Word0">Bytes 0 to 7.</param>
/// <param name="Word1">Bytes 8 to 15.</param>
public readonly record struct TrailerKey(ulong Word0, ulong Word1)
{
    /// <summary>Reads the first 16 bytes.</summary>
    public static TrailerKey FromBytes(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
}
