using System.Buffers;

namespace OppTel.Exports;

/// <summary>Keeps what is written in chunks of the shared pool, until it is handed on.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int ChunkSize = 64 << 10;

    private readonly List<(byte[] Bytes, int Length)> full = [];
    private byte[] current = [];
    private int length;

    /// <summary>Bytes that are kept.</summary>
    public long Count { get; private set; }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, current.Length - length);
        length += count;
        Count += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return current.AsMemory(length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return current.AsSpan(length);
    }

    /// <summary>Hands everything on and gives the chunks back.</summary>
    public void MoveTo(IBufferWriter<byte> output)
    {
        full.Add((current, length));
        foreach ((byte[] bytes, int used) in full)
        {
            output.Write(bytes.AsSpan(0, used));
            if (bytes.Length > 0)
                ArrayPool<byte>.Shared.Return(bytes);
        }

        full.Clear();
        (current, length, Count) = ([], 0, 0);
    }

    private void MakeRoom(int sizeHint)
    {
        if (current.Length - length >= Math.Max(sizeHint, 1))
            return;
        if (current.Length > 0)
            full.Add((current, length));
        (current, length) = (ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, ChunkSize)), 0);
    }
}
