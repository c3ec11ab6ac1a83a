namespace OppTel.Recorder.Blocks;

/// <summary>The stored blocks, oldest first. One thread adds and removes, any thread looks.</summary>
internal sealed class BlockList
{
    /// <summary>Most blocks.</summary>
    public const int Capacity = 1 << 16;

    private readonly StoredBlock?[] blocks = new StoredBlock?[Capacity];
    private long first;
    private long end;

    /// <summary>Number of the oldest block.</summary>
    public long First => Volatile.Read(ref first);

    /// <summary>Number behind the newest block.</summary>
    public long End => Volatile.Read(ref end);

    /// <summary>The block with this number; null when it is not there any more.</summary>
    public StoredBlock? this[long number] =>
        Volatile.Read(ref blocks[number % Capacity]) is { } block && block.Sequence == number ? block : null;

    /// <summary>Adds the next block; there is room.</summary>
    public void Add(StoredBlock block)
    {
        Volatile.Write(ref blocks[block.Sequence % Capacity], block);
        Volatile.Write(ref end, block.Sequence + 1);
    }

    /// <summary>Removes the oldest block.</summary>
    public void RemoveFirst()
    {
        Volatile.Write(ref blocks[first % Capacity], null);
        Volatile.Write(ref first, first + 1);
    }
}
