namespace OppTel.Recorder.Blocks;

/// <summary>
/// Bytes in a circle, by positions that only grow. One thread writes at the head and gives up the tail; any thread copies out what lies
/// between, and learns afterwards whether it was still there. Memory is taken when it is written for the first time.
/// </summary>
internal sealed class Arena
{
    private const int ChunkSize = 1 << 20;
    private readonly byte[]?[] chunks;
    private long tail;
    private long taken;

    /// <summary>An empty arena.</summary>
    /// <param name="capacity">Bytes, rounded down to whole mebibytes, of which there is one at least.</param>
    public Arena(long capacity)
    {
        chunks = new byte[]?[Math.Max(1, capacity / ChunkSize)];
        Capacity = (long)chunks.Length * ChunkSize;
    }

    /// <summary>Bytes.</summary>
    public long Capacity { get; }

    /// <summary>Bytes of memory that it has; what was written once stays.</summary>
    public long Taken => Volatile.Read(ref taken);

    /// <summary>Where the next byte goes. Of the writer.</summary>
    public long Head { get; private set; }

    /// <summary>The first byte that is kept.</summary>
    public long Tail => Volatile.Read(ref tail);

    /// <summary>Gives up what is before a position.</summary>
    public void Release(long position)
    {
        Volatile.Write(ref tail, position);
        // A reader that copies what was there sees this before any new data.
        Interlocked.MemoryBarrier();
    }

    /// <summary>Appends; the caller has made room.</summary>
    /// <returns>The position.</returns>
    public long Write(ReadOnlySpan<byte> bytes)
    {
        long position = Head;
        while (!bytes.IsEmpty)
        {
            if (chunks[ChunkOf(Head)] is null)
                Grow(ChunkOf(Head));
            Span<byte> room = Room(Head, bytes.Length);
            bytes[..room.Length].CopyTo(room);
            bytes = bytes[room.Length..];
            Head += room.Length;
        }

        return position;
    }

    /// <summary>Copies out; false when it is not there any more.</summary>
    public bool TryRead(long position, Span<byte> bytes)
    {
        for (int done = 0; done < bytes.Length;)
        {
            Span<byte> source = Room(position + done, bytes.Length - done);
            source.CopyTo(bytes[done..]);
            done += source.Length;
        }

        // All loads of the data are done before the tail is read.
        Interlocked.MemoryBarrier();
        return Tail <= position;
    }

    private long ChunkOf(long position) => position / ChunkSize % chunks.Length;

    private void Grow(long chunk)
    {
        chunks[chunk] = new byte[ChunkSize];
        Volatile.Write(ref taken, taken + ChunkSize);
    }

    private Span<byte> Room(long position, int length)
    {
        int offset = (int)(position % ChunkSize);
        return chunks[ChunkOf(position)].AsSpan(offset, Math.Min(length, ChunkSize - offset));
    }
}
