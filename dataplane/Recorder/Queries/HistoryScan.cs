namespace OppTel.Recorder.Queries;

/// <summary>Takes the records of a scan.</summary>
public interface IRecordConsumer
{
    /// <summary>
    /// Takes records of one series, in the order of their times. All calls for a series together are in that order too, unless a host's
    /// clock was set back.
    /// </summary>
    void Take(int series, ReadOnlySpan<ScannedRecord> records);
}

/// <summary>
/// Reads the records of some series in the order of their times, although late trailers come out of order: what might be preceded by
/// a record of a later block waits for that block.
/// </summary>
public sealed class HistoryScan
{
    private static readonly Comparison<ScannedRecord> ByTime =
        (left, right) => left.Time != right.Time ? left.Time.CompareTo(right.Time) : left.Order.CompareTo(right.Order);

    private readonly RecordHistory history;
    private readonly Workspace workspace;
    private readonly SeriesSelection selection;
    private readonly long from;
    private readonly long to;
    private readonly int[] ends;
    private readonly List<BlockView> views;
    private readonly long[] safe;
    private int next;

    internal HistoryScan(RecordHistory history, Workspace workspace, SeriesSelection selection, long from, long to)
    {
        this.history = history;
        this.workspace = workspace;
        this.selection = selection;
        (this.from, this.to) = (from, to);
        ends = new int[selection.Series.Count + 1];
        views = BlockView.Of(history, from, to);
        safe = SafeUntil(views);
        workspace.Found.Clear();
    }

    /// <summary>Reads the next block, and gives what is complete by then; false when there is none.</summary>
    public bool Next(IRecordConsumer consumer)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        if (next == views.Count)
            return false;
        views[next].Decode(history, workspace, selection, from, to);
        Give(safe[next], consumer);
        // So many wait only for a host whose clock was set back by much: its records come late then.
        if (workspace.Found.Count > RecordBuffer.MostWaiting)
            Give(long.MaxValue, consumer);
        next++;
        return true;
    }

    /// <summary>For each block the time that no later block has a record before.</summary>
    private static long[] SafeUntil(List<BlockView> views)
    {
        long[] safe = new long[views.Count];
        long earliest = long.MaxValue;
        for (int index = views.Count - 1; index >= 0; index--)
        {
            safe[index] = earliest;
            earliest = Math.Min(earliest, views[index].From);
        }

        return safe;
    }

    private void Give(long until, IRecordConsumer consumer)
    {
        Span<ScannedRecord> grouped = Group();
        workspace.Found.Clear();
        int begin = 0;
        for (int series = 0; series < ends.Length - 1; series++)
        {
            Span<ScannedRecord> own = grouped[begin..ends[series]];
            begin = ends[series];
            if (own.IsEmpty)
                continue;
            Sort(own);
            int count = until == long.MaxValue ? own.Length : Before(own, until);
            if (count > 0)
                consumer.Take(series, own[..count]);
            foreach (ref readonly ScannedRecord record in own[count..])
                workspace.Found.Add(record.Time, record.Offset, record.Raw, record.Series, record.IsSample, record.Transport);
        }
    }

    /// <summary>What was found, by series and within it by arrival.</summary>
    private Span<ScannedRecord> Group()
    {
        Span<ScannedRecord> found = workspace.Found.Records;
        Span<ScannedRecord> grouped = workspace.Grouped.Replace(found.Length);
        Array.Clear(ends);
        foreach (ref readonly ScannedRecord record in found)
            ends[record.Series + 1]++;
        for (int series = 1; series < ends.Length; series++)
            ends[series] += ends[series - 1];
        // Each begin moves to its end.
        foreach (ref readonly ScannedRecord record in found)
            grouped[ends[record.Series]++] = record;
        return grouped;
    }

    private static void Sort(Span<ScannedRecord> records)
    {
        for (int index = 1; index < records.Length; index++)
        {
            if (records[index].Time >= records[index - 1].Time)
                continue;
            records.Sort(ByTime);
            return;
        }
    }

    private static int Before(ReadOnlySpan<ScannedRecord> records, long until)
    {
        int low = 0, high = records.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = records[middle].Time < until ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
