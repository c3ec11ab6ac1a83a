namespace OppTel.Recorder.Blocks;

/// <summary>The stored blocks and their memory. One thread stores and evicts, any thread reads.</summary>
internal sealed class BlockStore(MemoryPlan plan, SeriesDirectory directory) : IDisposable
{
    private readonly Arena arena = new(plan.Arena);
    private readonly BlockEncoder encoder = new();
    private readonly BlockPacker packer = new();
    private HistoryState state = new(0, 0, 0, null, 0, 0);
    private byte[] evicted = [];
    private ulong unknown;

    /// <summary>The blocks.</summary>
    public BlockList Blocks { get; } = new();

    /// <summary>Bytes that the recorder takes, those set aside included.</summary>
    public long Used => plan.Fixed + directory.Bytes + arena.Taken;

    /// <summary>What is stored.</summary>
    public HistoryState State => Volatile.Read(ref state);

    /// <summary>Records of series that are not in the directory.</summary>
    public ulong Unknown => Volatile.Read(ref unknown);

    /// <summary>Stores a full raw block; it may be filled again afterwards.</summary>
    public void Store(RawBlock block)
    {
        encoder.Encode(block.AllTrailers, block.AllRecords);
        ReadOnlySpan<byte> bytes = packer.Pack(encoder);
        while (Blocks.First < Blocks.End && !HasRoom(bytes.Length))
            Evict();
        int records = block.AllRecords.Length;
        foreach (RankedSeries series in encoder.Series)
            Count(series);
        Blocks.Add(new StoredBlock(block.Sequence, arena.Write(bytes), bytes.Length, block.AllTrailers.Length, records, encoder.From, encoder.To));
        Publish(records, bytes.Length + StoredBlock.Bytes);
    }

    /// <summary>Forgets blocks whose records are all older than <paramref name="oldest"/>.</summary>
    public void Expire(long oldest)
    {
        while (Blocks[Blocks.First] is { } block && block.To < oldest)
            Evict();
    }

    /// <summary>Copies a block out; false when it was evicted.</summary>
    /// <param name="block">The block.</param>
    /// <param name="room">Where to; replaced when it is too small.</param>
    /// <param name="bytes">The copy.</param>
    public bool TryRead(StoredBlock block, ref byte[] room, out ReadOnlySpan<byte> bytes)
    {
        if (room.Length < block.Length)
            room = new byte[block.Length + (block.Length / 4)];
        bytes = room.AsSpan(0, block.Length);
        return arena.TryRead(block.Position, room.AsSpan(0, block.Length));
    }

    public void Dispose() => packer.Dispose();

    private bool HasRoom(int length) =>
        arena.Head - arena.Tail + length <= arena.Capacity && Blocks.End - Blocks.First < plan.Blocks;

    private void Count(in RankedSeries seen)
    {
        if (directory.TryFind(seen.Id, out RecordedSeries? series))
            series.Count(seen.Records, seen.First, seen.Last);
        else
            Volatile.Write(ref unknown, unknown + (ulong)seen.Records);
    }

    private void Evict()
    {
        StoredBlock block = Blocks[Blocks.First]!;
        TryRead(block, ref evicted, out ReadOnlySpan<byte> bytes);
        ColumnReader index = BlockUnpacker.Index(bytes);
        long id = 0;
        while (!index.IsAtEnd)
        {
            id += index.ReadSigned();
            int records = (int)index.ReadNumber();
            if (!directory.TryFind((uint)id, out RecordedSeries? series))
                continue;
            series.Count(-records, 0, 0);
            directory.RemoveIfGone(series);
        }

        Blocks.RemoveFirst();
        arena.Release(block.Position + block.Length);
        Publish(-block.Records, -(block.Length + StoredBlock.Bytes));
    }

    private void Publish(int records, int bytes)
    {
        bool isStored = records > 0;
        Volatile.Write(ref state, new HistoryState(
            (int)(Blocks.End - Blocks.First), state.Records + records, state.Bytes + bytes, Blocks[Blocks.First]?.From,
            state.StoredRecords + (isStored ? (ulong)records : 0), state.StoredBytes + (isStored ? (ulong)bytes : 0)));
    }
}
