using ZstdSharp;

namespace OppTel.Recorder.Blocks;

/// <summary>Reads what a <see cref="BlockPacker"/> wrote. Of one thread at a time.</summary>
internal sealed class BlockUnpacker : IDisposable
{
    private readonly Decompressor decompressor = new();
    private readonly byte[][] columns = [.. Enumerable.Repeat(Array.Empty<byte>(), Columns.Count)];
    private readonly int[] lengths = new int[Columns.Count];

    /// <summary>A column of the block that was unpacked last.</summary>
    public ReadOnlySpan<byte> this[Column column] => columns[(int)column].AsSpan(0, lengths[(int)column]);

    /// <summary>Gives the index alone.</summary>
    public static ColumnReader Index(ReadOnlySpan<byte> block)
    {
        ColumnReader reader = new(block);
        int length = (int)reader.ReadNumber();
        for (int number = 1; number < 2 * Columns.Count; number++)
            reader.ReadNumber();
        return new ColumnReader(reader.Take(length));
    }

    /// <summary>Unpacks all columns.</summary>
    public void Unpack(ReadOnlySpan<byte> block)
    {
        ColumnReader header = new(block);
        Span<int> stored = stackalloc int[Columns.Count];
        for (int column = 0; column < Columns.Count; column++)
        {
            lengths[column] = (int)header.ReadNumber();
            stored[column] = (int)header.ReadNumber();
        }

        for (int column = 0; column < Columns.Count; column++)
        {
            ReadOnlySpan<byte> bytes = header.Take(stored[column]);
            if (columns[column].Length < lengths[column])
                columns[column] = new byte[Math.Max(lengths[column], columns[column].Length * 2)];
            if (stored[column] == lengths[column])
                bytes.CopyTo(columns[column]);
            else
                decompressor.Unwrap(bytes, columns[column].AsSpan(0, lengths[column]));
        }
    }

    public void Dispose() => decompressor.Dispose();
}
