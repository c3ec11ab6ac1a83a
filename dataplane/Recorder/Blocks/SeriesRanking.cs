namespace OppTel.Recorder.Blocks;

/// <summary>One series of a block.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Records">Its records.</param>
/// <param name="First">The DPU's clock of its earliest record, in nanoseconds.</param>
/// <param name="Last">The DPU's clock of its latest record, in nanoseconds.</param>
internal readonly record struct RankedSeries(uint Id, int Records, long First, long Last);

/// <summary>The series of a raw block, those with most records first: numbers that are used most are the shortest.</summary>
internal sealed class SeriesRanking
{
    private readonly IdTable table = new();
    private RankedSeries[] seen = new RankedSeries[2048];
    private int[] order = new int[2048];
    private int[] rankOf = new int[2048];
    private readonly Comparison<int> byRecords;
    private int[] places = [];
    private int known;

    public SeriesRanking()
    {
        byRecords = (left, right) => seen[left].Records != seen[right].Records
            ? seen[right].Records.CompareTo(seen[left].Records) : seen[left].Id.CompareTo(seen[right].Id);
    }

    /// <summary>The series by rank.</summary>
    public IEnumerable<RankedSeries> Ranked => order.Take(table.Count).Select(place => seen[place]);

    /// <summary>Number of series.</summary>
    public int Count => table.Count;

    /// <summary>The rank of the series of a record.</summary>
    public int RankOf(int record) => rankOf[places[record]];

    /// <summary>Ranks the series of a block.</summary>
    public void Rank(ReadOnlySpan<RawTrailer> trailers, ReadOnlySpan<RawRecord> records)
    {
        table.Clear();
        known = 0;
        if (places.Length < records.Length)
            places = new int[RawBlock.Records];
        int record = 0;
        foreach (ref readonly RawTrailer trailer in trailers)
        {
            long time = trailer.Stamp + trailer.Offset;
            for (; record < trailer.End; record++)
                places[record] = See(records[record].Id, time - records[record].Age);
        }

        Sort();
    }

    private int See(uint id, long time)
    {
        int place = table.PlaceOf(id);
        if (place == seen.Length)
            Array.Resize(ref seen, seen.Length * 2);
        ref RankedSeries series = ref seen[place];
        series = place == known
            ? new RankedSeries(id, 1, time, time)
            : new RankedSeries(id, series.Records + 1, Math.Min(series.First, time), Math.Max(series.Last, time));
        if (place == known)
            known++;
        return place;
    }

    private void Sort()
    {
        if (order.Length < table.Count)
            (order, rankOf) = (new int[seen.Length], new int[seen.Length]);
        for (int place = 0; place < table.Count; place++)
            order[place] = place;
        order.AsSpan(0, table.Count).Sort(byRecords);
        for (int rank = 0; rank < table.Count; rank++)
            rankOf[order[rank]] = rank;
    }
}
