using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>Reads the records of a trailer that <see cref="Trailer.Inspect(ReadOnlySpan{byte}, out int)"/> accepted. Allocates nothing.</summary>
public readonly ref struct TrailerReader
{
    private readonly ReadOnlySpan<byte> trailer;
    private readonly int samplesOffset;
    private readonly int valuesOffset;

    /// <summary>Wraps exactly the bytes of one trailer.</summary>
    /// <exception cref="ArgumentException">The footer does not describe <paramref name="trailer"/>.</exception>
    public TrailerReader(ReadOnlySpan<byte> trailer)
    {
        if (Trailer.CheckFooter(trailer, trailer.Length, out int length) != StripReason.Stripped || length != trailer.Length)
            throw new ArgumentException("not a whole trailer", nameof(trailer));
        this.trailer = trailer;
        Footer = Footer.Read(trailer);
        samplesOffset = Footer.Pad;
        valuesOffset = samplesOffset + (Footer.Samples * WireFormat.SampleSize);
    }

    /// <summary>The footer.</summary>
    public Footer Footer { get; }

    /// <summary>Value record <paramref name="index"/>, counted from 0.</summary>
    public ValueRecord Value(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Footer.Values);
        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(trailer[(valuesOffset + (index * WireFormat.ValueSize))..]);
        return new ValueRecord((ushort)word, word >> 16);
    }

    /// <summary>Sample record <paramref name="index"/>, counted from 0.</summary>
    public SampleRecord Sample(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Footer.Samples);
        ReadOnlySpan<byte> bytes = trailer.Slice(samplesOffset + (index * WireFormat.SampleSize), WireFormat.SampleSize);
        return new SampleRecord(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
    }
}

/// <summary>One absolute value. Source: <c>struct opptel_value</c>.</summary>
/// <param name="Slot">Index that the catalog of the trailer's epoch explains.</param>
/// <param name="Raw">48 bits; the catalog gives the encoding.</param>
public readonly record struct ValueRecord(ushort Slot, ulong Raw);

/// <summary>One past reading. Source: <c>struct opptel_sample</c>.</summary>
/// <param name="Slot">Index that the catalog of the trailer's epoch explains.</param>
/// <param name="Flags">Reserved, zero.</param>
/// <param name="AgeNanoseconds">Time before the footer's time.</param>
/// <param name="Raw">64 bits; the catalog gives the encoding.</param>
public readonly record struct SampleRecord(ushort Slot, ushort Flags, uint AgeNanoseconds, ulong Raw);
