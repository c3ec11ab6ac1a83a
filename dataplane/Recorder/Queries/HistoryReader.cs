namespace OppTel.Recorder.Queries;

/// <summary>Reads a history for one request, which has had to wait for its turn.</summary>
public sealed class HistoryReader : IDisposable
{
    private readonly RecordHistory history;
    private readonly Workspace workspace;
    private readonly CancellationToken cancellation;

    private HistoryReader(RecordHistory history, CancellationToken cancellation)
    {
        this.history = history;
        this.cancellation = cancellation;
        workspace = history.Workspaces.Take();
    }

    /// <summary>A reader; null when others are reading for too long.</summary>
    /// <param name="history">What to read.</param>
    /// <param name="patience">How long to wait for a turn.</param>
    /// <param name="cancellation">Ends the reading too.</param>
    public static async Task<HistoryReader?> OpenAsync(RecordHistory history, TimeSpan patience, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(history);
        return await history.Workspaces.WaitAsync(patience, cancellation).ConfigureAwait(false) ? new HistoryReader(history, cancellation) : null;
    }

    /// <summary>Gives all records of a time in the order of their times.</summary>
    /// <param name="selection">Of these series.</param>
    /// <param name="from">The DPU's clock, in nanoseconds.</param>
    /// <param name="to">The DPU's clock, in nanoseconds; not included.</param>
    /// <param name="consumer">Takes them.</param>
    public void Scan(SeriesSelection selection, long from, long to, IRecordConsumer consumer)
    {
        HistoryScan scan = Scan(selection, from, to);
        while (scan.Next(consumer))
            cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>The same, block by block; before it is done this reader does nothing else.</summary>
    public HistoryScan Scan(SeriesSelection selection, long from, long to)
    {
        ArgumentNullException.ThrowIfNull(selection);
        return new HistoryScan(history, workspace, selection, from, to);
    }

    /// <summary>The records of a time as they came, at most so many; whether there were more.</summary>
    public bool Arrivals(SeriesSelection selection, long from, long to, int limit, ICollection<ScannedRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        foreach (BlockView view in BlockView.Of(history, from, to))
        {
            cancellation.ThrowIfCancellationRequested();
            workspace.Found.Clear();
            view.Decode(history, workspace, selection, from, to);
            foreach (ref readonly ScannedRecord record in workspace.Found.Records)
            {
                if (records.Count == limit)
                    return true;
                records.Add(record);
            }
        }

        return false;
    }

    /// <summary>Records, the first and the last of each series that raw blocks have, which are not counted yet.</summary>
    public Dictionary<uint, (long Records, long First, long Last)> Uncounted()
    {
        Dictionary<uint, (long Records, long First, long Last)> counts = [];
        foreach (BlockView view in BlockView.Of(history, long.MinValue, long.MaxValue))
        {
            if (view.Trailers > 0 && history.Queue[view.Sequence].TryCopyTo(workspace.Raw, view.Sequence, view.Trailers))
                Count(workspace.Raw, counts);
        }

        return counts;
    }

    /// <summary>Gives the turn back.</summary>
    public void Dispose() => history.Workspaces.Return(workspace);

    /// <summary>Gives each series its records of the steps, with the one before and for counters the one behind.</summary>
    /// <returns>For each series whether it had more records later, or may get some.</returns>
    internal bool[] Feed(SeriesSelection selection, RangeRequest request, SteppedSeries[] stepped)
    {
        ScannedRecord?[] before = new Neighbours(history, workspace, selection, cancellation).Before(request.Start);
        for (int index = 0; index < stepped.Length; index++)
        {
            if (before[index] is { } record)
                stepped[index].Take(record);
        }

        Scan(selection, request.Start, request.End, new Feeder(stepped));
        ScannedRecord?[] behind = request.End <= request.Now
            ? new Neighbours(history, workspace, selection, cancellation).From(request.End) : new ScannedRecord?[stepped.Length];
        bool[] goesOn = new bool[stepped.Length];
        for (int index = 0; index < stepped.Length; index++)
        {
            goesOn[index] = behind[index] is not null || selection.Series[index].IsAlive;
            if (behind[index] is { } record)
                stepped[index].Take(record);
        }

        return goesOn;
    }

    private static void Count(Blocks.RawBlock block, Dictionary<uint, (long Records, long First, long Last)> counts)
    {
        int begin = 0;
        foreach (ref readonly Blocks.RawTrailer trailer in block.AllTrailers)
        {
            foreach (ref readonly Blocks.RawRecord record in block.AllRecords[begin..trailer.End])
            {
                long time = trailer.Stamp + trailer.Offset - record.Age;
                (long records, long first, long last) = counts.GetValueOrDefault(record.Id, (0, long.MaxValue, long.MinValue));
                counts[record.Id] = (records + 1, Math.Min(first, time), Math.Max(last, time));
            }

            begin = trailer.End;
        }
    }

    private sealed class Feeder(SteppedSeries[] stepped) : IRecordConsumer
    {
        public void Take(int series, ReadOnlySpan<ScannedRecord> records)
        {
            foreach (ref readonly ScannedRecord record in records)
                stepped[series].Take(record);
        }
    }
}
