using Transport = OppTel.Telemetry.Transport;

namespace OppTel.Recorder.Blocks;

/// <summary>Turns raw blocks into columns. Of one thread; allocates only until its buffers have grown.</summary>
internal sealed class BlockEncoder
{
    private readonly ColumnWriter[] columns = [.. Enumerable.Range(0, Columns.Count).Select(_ => new ColumnWriter())];
    private readonly SeriesRanking ranking = new();
    private readonly DeltaModel model = new();
    private readonly Dictionary<(ushort, ushort, long, Transport), int> sources = [];
    private readonly List<long> stamps = [];
    private readonly (int Rank, int Record)[] trailerOrder = new (int, int)[byte.MaxValue * 2];
    private readonly byte[] tokens = new byte[RawBlock.Records];
    private readonly ulong[] steps = new ulong[RawBlock.Records];
    private SeriesState[] states = new SeriesState[2048];

    /// <summary>The DPU's clock of the earliest record of the block, in nanoseconds.</summary>
    public long From { get; private set; }

    /// <summary>No record of the block is later than this on the DPU's clock, in nanoseconds.</summary>
    public long To { get; private set; }

    /// <summary>The series of the block.</summary>
    public IEnumerable<RankedSeries> Series => ranking.Ranked;

    /// <summary>What was encoded last.</summary>
    public ReadOnlySpan<byte> this[Column column] => columns[(int)column].Written;

    /// <summary>Encodes a block of at least one trailer.</summary>
    public void Encode(ReadOnlySpan<RawTrailer> trailers, ReadOnlySpan<RawRecord> records)
    {
        Clear();
        ranking.Rank(trailers, records);
        WriteIndex();
        int begin = 0;
        foreach (ref readonly RawTrailer trailer in trailers)
        {
            WriteTrailer(trailer, trailer.End - begin);
            long oldest = WriteSamples(records, begin, trailer.Samples);
            WriteValues(records, begin + trailer.Samples, trailer.End);
            long time = trailer.Stamp + trailer.Offset;
            (From, To) = (Math.Min(From, time - oldest), Math.Max(To, time));
            begin = trailer.End;
        }

        WriteTokens(records.Length);
    }

    private void Clear()
    {
        foreach (ColumnWriter column in columns)
            column.Clear();
        model.Clear();
        sources.Clear();
        stamps.Clear();
        (From, To) = (long.MaxValue, long.MinValue);
    }

    private void WriteIndex()
    {
        if (states.Length < ranking.Count)
            states = new SeriesState[ranking.Count * 2];
        ColumnWriter index = columns[(int)Column.Index];
        long last = 0;
        int rank = 0, cursor = 0;
        foreach (RankedSeries series in ranking.Ranked)
        {
            index.WriteSigned(series.Id - last);
            index.WriteNumber((ulong)series.Records);
            states[rank++] = new SeriesState { Cursor = cursor };
            cursor += series.Records;
            last = series.Id;
        }
    }

    private void WriteTrailer(in RawTrailer trailer, int count)
    {
        if (!sources.TryGetValue((trailer.Host, trailer.Stream, trailer.Offset, trailer.Transport), out int source))
            source = AddSource(trailer);
        columns[(int)Column.SourceOf].WriteNumber((ulong)source);
        columns[(int)Column.Stamps].WriteSigned(trailer.Stamp - stamps[source]);
        stamps[source] = trailer.Stamp;
        columns[(int)Column.Values].Write((byte)(count - trailer.Samples));
        columns[(int)Column.Samples].Write((byte)trailer.Samples);
    }

    private int AddSource(in RawTrailer trailer)
    {
        ColumnWriter column = columns[(int)Column.Sources];
        column.WriteNumber(trailer.Host);
        column.WriteNumber(trailer.Stream);
        column.WriteNumber((ulong)trailer.Transport);
        column.WriteSigned(trailer.Offset);
        column.WriteSigned(trailer.Stamp);
        stamps.Add(trailer.Stamp);
        sources.Add((trailer.Host, trailer.Stream, trailer.Offset, trailer.Transport), stamps.Count - 1);
        return stamps.Count - 1;
    }

    /// <summary>Writes the samples of a trailer; the age of the oldest, or 0.</summary>
    private long WriteSamples(ReadOnlySpan<RawRecord> records, int begin, int count)
    {
        long age = 0, oldest = 0;
        foreach ((int rank, int record) in Order(begin, begin + count))
        {
            ref SeriesState state = ref states[rank];
            tokens[state.Cursor] = model.WriteSample(ref state, records[record].Raw, out steps[state.Cursor]);
            state.Cursor++;
            columns[(int)Column.Ages].WriteSigned(records[record].Age - age);
            age = records[record].Age;
            oldest = Math.Max(oldest, age);
        }

        return oldest;
    }

    private void WriteValues(ReadOnlySpan<RawRecord> records, int begin, int end)
    {
        foreach ((int rank, int record) in Order(begin, end))
        {
            ref SeriesState state = ref states[rank];
            tokens[state.Cursor] = model.WriteValue(ref state, records[record].Raw, out steps[state.Cursor]);
            state.Cursor++;
        }
    }

    /// <summary>Records of one trailer by the rank of their series, which is written; those of one series stay in their order.</summary>
    private Span<(int Rank, int Record)> Order(int begin, int end)
    {
        Span<(int Rank, int Record)> order = trailerOrder.AsSpan(0, end - begin);
        for (int index = 0; index < order.Length; index++)
        {
            int rank = ranking.RankOf(begin + index), place = index;
            for (; place > 0 && order[place - 1].Rank > rank; place--)
                order[place] = order[place - 1];
            order[place] = (rank, begin + index);
        }

        int last = 0;
        foreach ((int rank, _) in order)
        {
            columns[(int)Column.Ranks].WriteNumber((ulong)(rank - last));
            last = rank;
        }

        return order;
    }

    private void WriteTokens(int count)
    {
        columns[(int)Column.Tokens].Write(tokens.AsSpan(0, count));
        for (int index = 0; index < count; index++)
        {
            int length = DeltaModel.StepBytes(tokens[index]);
            if (length == 0)
                continue;
            columns[(int)Column.LowBytes].WriteBytes(steps[index], length - 1);
            columns[(int)Column.HighBytes].Write((byte)(steps[index] >> (8 * (length - 1))));
        }

        if (columns[(int)Column.Ages].Length == 0)
            columns[(int)Column.Samples].Clear();
    }
}
