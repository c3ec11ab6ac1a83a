namespace OppTel.Recorder.Blocks;

/// <summary>Reads what a <see cref="ColumnWriter"/> wrote.</summary>
internal ref struct ColumnReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int position;

    /// <summary>Whether everything is read.</summary>
    public readonly bool IsAtEnd => position == bytes.Length;

    /// <summary>One byte.</summary>
    public byte Read() => bytes[position++];

    /// <summary>A number, seven bits in a byte, the lowest first.</summary>
    public ulong ReadNumber()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = bytes[position++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
    }

    /// <summary>A signed number.</summary>
    public long ReadSigned() => ZigZag.Decode(ReadNumber());

    /// <summary>So many bytes, little-endian.</summary>
    public ulong ReadBytes(int count)
    {
        ulong value = 0;
        for (int index = 0; index < count; index++)
            value |= (ulong)bytes[position + index] << (8 * index);
        position += count;
        return value;
    }

    /// <summary>The next bytes as they are.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        position += count;
        return bytes.Slice(position - count, count);
    }
}
