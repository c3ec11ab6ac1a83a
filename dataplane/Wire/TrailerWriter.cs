using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>Writes trailers as a host's kernel does, for tests, replay fixtures and the golden vectors. Allocates nothing.</summary>
public static class TrailerWriter
{
    /// <summary>Bytes of a trailer with these records.</summary>
    public static int Size(int values, int samples, int pad, TrailerFlags flags) =>
        WireFormat.FooterSize + (values * WireFormat.ValueSize) + (samples * WireFormat.SampleSize) + pad
        + ((flags & TrailerFlags.Tag) != 0 ? WireFormat.TagSize : 0);

    /// <summary>Fills <paramref name="destination"/>, whose length is exactly the trailer's, and makes it checksum-neutral.</summary>
    /// <param name="destination">Exactly <see cref="Size"/> bytes.</param>
    /// <param name="footer">Footer with checksum zero, from <see cref="Footer.Create"/>; its counts match the records.</param>
    /// <param name="values">Value records.</param>
    /// <param name="samples">Sample records.</param>
    /// <param name="tag">The keyed tag, used when the footer's flags say so.</param>
    /// <exception cref="ArgumentException">Counts and lengths contradict each other.</exception>
    public static void Write(
        Span<byte> destination, Footer footer, ReadOnlySpan<ValueRecord> values, ReadOnlySpan<SampleRecord> samples, ulong tag = 0)
    {
        if (footer.Values != values.Length || footer.Samples != samples.Length || footer.Length != destination.Length)
            throw new ArgumentException("footer, records and destination contradict each other", nameof(footer));

        destination[..footer.Pad].Clear();
        Span<byte> rest = destination[footer.Pad..];
        foreach (SampleRecord sample in samples)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, sample.Slot);
            BinaryPrimitives.WriteUInt16LittleEndian(rest[2..], sample.Flags);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], sample.AgeNanoseconds);
            BinaryPrimitives.WriteUInt64LittleEndian(rest[8..], sample.Raw);
            rest = rest[WireFormat.SampleSize..];
        }

        foreach (ValueRecord value in values)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, value.Slot | (value.Raw << 16));
            rest = rest[WireFormat.ValueSize..];
        }

        if ((footer.Flags & TrailerFlags.Tag) != 0)
            BinaryPrimitives.WriteUInt64LittleEndian(rest, tag);

        footer.Write(destination);
        Neutralise(destination);
    }

    /// <summary>Sets the checksum field so that the sum over the trailer becomes 0xFFFF.</summary>
    public static void Neutralise(Span<byte> trailer)
    {
        Span<byte> field = trailer.Slice(trailer.Length - WireFormat.FooterSize + WireFormat.ChecksumOffset, 2);
        field.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(field, (ushort)~OnesComplement.Sum(trailer));
    }
}
