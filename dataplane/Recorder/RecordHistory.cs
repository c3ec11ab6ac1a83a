using OppTel.Recorder.Blocks;
using OppTel.Recorder.Queries;
using OppTel.Telemetry;

namespace OppTel.Recorder;

/// <summary>
/// Every record of the last minutes. The drain thread puts records into raw blocks, without allocation and without waiting; the storing
/// thread compresses the full ones and forgets the oldest. Any thread reads what both have published.
/// </summary>
public sealed class RecordHistory : IRecordSink, IDisposable
{
    /// <summary>A block is stored after so long even if it is not full, in nanoseconds.</summary>
    private const ulong LongestOpen = 5_000_000_000;

    private readonly SeriesDirectory directory;
    private readonly RawQueue queue;
    private readonly BlockStore store;
    private readonly StoringThread storing;
    private RawBlock? current;
    private ulong notKept;

    /// <summary>An empty history.</summary>
    /// <param name="memory">Bytes for everything; at least 64 MiB.</param>
    /// <param name="span">Records older than this are forgotten, in nanoseconds.</param>
    /// <param name="clock">The DPU's clock, in nanoseconds.</param>
    /// <param name="failed">Called when storing ends by an exception.</param>
    public RecordHistory(long memory, ulong span, Func<ulong> clock, Action<Exception> failed)
        : this(memory, span, clock, failed, RawBlock.Records)
    {
    }

    internal RecordHistory(long memory, ulong span, Func<ulong> clock, Action<Exception> failed, int blockRecords)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(memory, MemoryPlan.Least);
        MemoryPlan plan = new(memory);
        Memory = memory;
        directory = new SeriesDirectory(plan.Series);
        queue = new RawQueue(plan.RawBlocks, blockRecords);
        store = new BlockStore(plan, directory);
        storing = new StoringThread(queue, store, directory, span, clock, failed);
        Workspaces = new WorkspacePool(MemoryPlan.Workspaces);
    }

    /// <summary>Bytes that it may take.</summary>
    public long Memory { get; }

    /// <summary>Bytes that it takes, those set aside included.</summary>
    public long Used => store.Used;

    /// <summary>What is stored.</summary>
    public HistoryState State => store.State;

    /// <summary>Records that found no room because the storing thread was behind.</summary>
    public ulong NotKept => Volatile.Read(ref notKept);

    /// <summary>Records of series that there was no room for.</summary>
    public ulong Unknown => store.Unknown;

    /// <summary>Series that there was no room for.</summary>
    public long SeriesRefused => directory.Refused;

    /// <summary>Series that ended and were forgotten with their records, because they took too much.</summary>
    public long SeriesForgotten => directory.Forgotten;

    /// <summary>Series that have records, or may get some.</summary>
    public int SeriesCount => directory.Count;

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<RecordedSeries> Series => directory.All;

    /// <summary>The series with this id; null when it is not known, or not any more.</summary>
    public RecordedSeries? Find(uint id) => directory.TryFind(id, out RecordedSeries? found) ? found : null;

    internal StoringThread Storing => storing;

    internal RawQueue Queue => queue;

    internal BlockStore Store => store;

    internal WorkspacePool Workspaces { get; }

    /// <summary>Starts storing.</summary>
    public void Start() => storing.Start();

    /// <inheritdoc/>
    public void Declare(Series series) => directory.Add(series);

    /// <inheritdoc/>
    public void Forget(uint id) => directory.End(id, queue.Open);

    /// <inheritdoc/>
    public void Take(in TakenTrailer trailer, ReadOnlySpan<TakenRecord> records)
    {
        RawBlock? block = current;
        if (block is null || !block.HasRoom(records.Length) || Elapsed.Between(block.Begun, trailer.Arrival) > LongestOpen)
        {
            block = current = queue.TryOpenNext(trailer.Arrival);
            if (block is null)
            {
                Volatile.Write(ref notKept, notKept + (ulong)records.Length);
                return;
            }
        }

        Span<RawRecord> room = block.Reserve(records.Length);
        int samples = 0;
        long oldest = 0;
        for (int index = 0; index < records.Length; index++)
        {
            ref readonly TakenRecord record = ref records[index];
            long age = trailer.Stamp - record.Stamp;
            room[index] = new RawRecord(record.Raw, record.Series.Id, (uint)age);
            samples += record.IsSample ? 1 : 0;
            oldest = Math.Max(oldest, age);
        }

        block.Commit(
            new RawTrailer(trailer.Stamp, trailer.Offset, trailer.Host.Number, trailer.Stream, samples, block.Used + records.Length, trailer.Transport), oldest);
    }

    /// <summary>Stops storing and gives the memory back.</summary>
    public void Dispose()
    {
        storing.Dispose();
        Workspaces.Dispose();
    }
}
