namespace OppTel.Recorder.Blocks;

/// <summary>
/// Raw blocks in a circle: the drain thread fills one after the other, one thread stores them away in the same order. When all wait
/// to be stored there is no room, and nobody waits for it.
/// </summary>
/// <param name="count">Blocks.</param>
/// <param name="size">Records that fit into a block.</param>
internal sealed class RawQueue(int count, int size)
{
    private readonly RawBlock[] blocks = [.. Enumerable.Range(0, count).Select(_ => new RawBlock(size))];
    private long open = -1;
    private long stored;

    /// <summary>Number of the block that is being filled; all before it are full. -1 before the first.</summary>
    public long Open => Volatile.Read(ref open);

    /// <summary>Number of the first block that is not stored yet.</summary>
    public long Stored => Volatile.Read(ref stored);

    /// <summary>The block with this number, if it is still here.</summary>
    public RawBlock this[long number] => blocks[number % blocks.Length];

    /// <summary>Opens the next block; null when there is none. Of the drain thread.</summary>
    public RawBlock? TryOpenNext(ulong now)
    {
        long next = open + 1;
        if (next - Volatile.Read(ref stored) >= blocks.Length)
            return null;
        RawBlock block = this[next];
        block.Begin(next, now);
        Volatile.Write(ref open, next);
        return block;
    }

    /// <summary>The first full block, or null. Of the storing thread.</summary>
    public RawBlock? Next() => stored < Volatile.Read(ref open) ? this[stored] : null;

    /// <summary>The first full block is stored and may be filled again.</summary>
    public void Release() => Volatile.Write(ref stored, stored + 1);
}
