using ZstdSharp;

namespace OppTel.Recorder.Blocks;

/// <summary>
/// A stored block: for each column its length and the length that it is stored with, then the columns. Equal lengths: it is stored as it is.
/// </summary>
internal sealed class BlockPacker : IDisposable
{
    private const int Level = 3;

    private readonly Compressor compressor = new(Level);
    private readonly ColumnWriter header = new();
    private byte[] bytes = new byte[64 << 10];

    /// <summary>The bytes of the block that was encoded last; valid until the next one.</summary>
    public ReadOnlySpan<byte> Pack(BlockEncoder block)
    {
        header.Clear();
        int length = 0;
        for (Column column = 0; (int)column < Columns.Count; column++)
        {
            ReadOnlySpan<byte> plain = block[column];
            int stored = Store(column, plain, length);
            header.WriteNumber((ulong)plain.Length);
            header.WriteNumber((ulong)stored);
            length += stored;
        }

        Reserve(length + header.Length);
        bytes.AsSpan(0, length).CopyTo(bytes.AsSpan(header.Length));
        header.Written.CopyTo(bytes);
        return bytes.AsSpan(0, length + header.Length);
    }

    public void Dispose() => compressor.Dispose();

    private int Store(Column column, ReadOnlySpan<byte> plain, int at)
    {
        Reserve(at + Compressor.GetCompressBound(plain.Length));
        if (!Columns.IsPlain(column) && plain.Length > 0 && compressor.Wrap(plain, bytes.AsSpan(at)) is var stored && stored < plain.Length)
            return stored;
        plain.CopyTo(bytes.AsSpan(at));
        return plain.Length;
    }

    private void Reserve(int length)
    {
        if (length > bytes.Length)
            Array.Resize(ref bytes, Math.Max(length, bytes.Length * 2));
    }
}
