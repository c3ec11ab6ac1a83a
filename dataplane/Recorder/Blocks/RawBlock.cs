using Transport = OppTel.Telemetry.Transport;

namespace OppTel.Recorder.Blocks;

/// <summary>One trailer of a raw block.</summary>
/// <param name="Stamp">The host's clock, unwrapped, in nanoseconds.</param>
/// <param name="Offset">The DPU's clock minus the host's, in nanoseconds.</param>
/// <param name="Host">Number of the host.</param>
/// <param name="Stream">CPU number of the host.</param>
/// <param name="Samples">How many of its records are samples; they come first.</param>
/// <param name="End">Index behind its last record.</param>
/// <param name="Transport">How it came.</param>
internal readonly record struct RawTrailer(
    long Stamp, long Offset, ushort Host, ushort Stream, int Samples, int End, Transport Transport = Transport.Piggyback);

/// <summary>One record of a raw block.</summary>
/// <param name="Raw">As it was carried; 48 bits, or 64 for samples.</param>
/// <param name="Id">Id of its series.</param>
/// <param name="Age">Nanoseconds before the trailer's stamp; 0 unless it is a sample.</param>
internal readonly record struct RawRecord(ulong Raw, uint Id, uint Age);

/// <summary>
/// Where the drain thread puts records as they come. It publishes how many trailers are complete; whoever reads copies, and then looks
/// whether the block has been taken for new records meanwhile.
/// </summary>
/// <param name="size">Records that fit.</param>
internal sealed class RawBlock(int size = RawBlock.Records)
{
    /// <summary>Records of a block: enough of them that first values and names weigh little.</summary>
    public const int Records = 128 << 10;

    /// <summary>Memory of a block, in bytes.</summary>
    public const int Bytes = (Records * 16) + (Records / RecordsPerTrailer * 32);

    /// <summary>A block has room for trailers with so many records on average.</summary>
    private const int RecordsPerTrailer = 4;

    private const long Nobody = -1;

    private readonly RawTrailer[] trailers = new RawTrailer[Math.Max(1, size / RecordsPerTrailer)];
    private readonly RawRecord[] records = new RawRecord[size];
    private long sequence = Nobody;
    private long earliest;
    private int committed;
    private int used;

    /// <summary>Number of the block that is here now.</summary>
    public long Sequence => Volatile.Read(ref sequence);

    /// <summary>The DPU's clock when the first trailer arrived, in nanoseconds. Of the drain thread.</summary>
    public ulong Begun { get; private set; }

    /// <summary>Whether nothing is here yet. Of the drain thread.</summary>
    public bool IsEmpty => committed == 0;

    /// <summary>What is complete; for the one thread that the block was handed to.</summary>
    public ReadOnlySpan<RawTrailer> AllTrailers => trailers.AsSpan(0, Volatile.Read(ref committed));

    /// <summary>The records of <see cref="AllTrailers"/>.</summary>
    public ReadOnlySpan<RawRecord> AllRecords => records.AsSpan(0, RecordsOf(trailers, Volatile.Read(ref committed)));

    /// <summary>Takes the block for new records.</summary>
    public void Begin(long number, ulong now)
    {
        Volatile.Write(ref sequence, Nobody);
        // A reader that copies what was here sees this before any new data.
        Interlocked.MemoryBarrier();
        used = 0;
        committed = 0;
        earliest = long.MaxValue;
        Begun = now;
        Volatile.Write(ref sequence, number);
    }

    /// <summary>Whether a trailer with so many records has room.</summary>
    public bool HasRoom(int count) => committed < trailers.Length && used + count <= records.Length;

    /// <summary>Room for the records of the next trailer; they count with <see cref="Commit"/>.</summary>
    public Span<RawRecord> Reserve(int count) => records.AsSpan(used, count);

    /// <summary>Makes a trailer and its records visible.</summary>
    /// <param name="trailer">The trailer.</param>
    /// <param name="oldest">Age of its oldest record, in nanoseconds.</param>
    public void Commit(in RawTrailer trailer, long oldest)
    {
        used = trailer.End;
        trailers[committed] = trailer;
        long time = trailer.Stamp + trailer.Offset - oldest;
        if (time < earliest)
            Volatile.Write(ref earliest, time);
        // The release store orders trailer and records before the count.
        Volatile.Write(ref committed, committed + 1);
    }

    /// <summary>Index behind the last record.</summary>
    public int Used => used;

    /// <summary>How many trailers are complete, and the DPU's clock of their earliest record; false when the block is not here any more.</summary>
    public bool TryLook(long number, out int count, out long from)
    {
        count = Volatile.Read(ref committed);
        from = Volatile.Read(ref earliest);
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref sequence) == number;
    }

    /// <summary>
    /// Copies the first <paramref name="count"/> trailers of block <paramref name="number"/>; false when the block is not here any more.
    /// </summary>
    public bool TryCopyTo(RawBlock copy, long number, int count)
    {
        if (Volatile.Read(ref sequence) != number)
            return false;
        int end = RecordsOf(trailers, count);
        trailers.AsSpan(0, count).CopyTo(copy.trailers);
        records.AsSpan(0, Math.Min(end, records.Length)).CopyTo(copy.records);
        // All loads of the data are done before the number is read again.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref sequence) != number)
            return false;
        (copy.sequence, copy.committed, copy.used) = (number, count, end);
        return true;
    }

    private static int RecordsOf(RawTrailer[] trailers, int count) => count == 0 ? 0 : trailers[count - 1].End;
}
