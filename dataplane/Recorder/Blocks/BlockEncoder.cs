namespace OppTel.Recorder.Blocks;

/// <summary>Turns raw blocks into columns. Of one thread; allocates only until its buffers have grown.</summary>
internal sealed class BlockEncoder
{
    private readonly ColumnWriter[] columns = [.. Enumerable.Range(0, Columns.Count).Select(_ => new ColumnWriter())];
    private readonly IdTable series = new();
    private readonly DeltaModel model = new();
    private readonly Dictionary<(ushort, ushort, long), int> sources = [];
    private readonly List<long> stamps = [];
    private SeriesState[] states = new SeriesState[2048];
    private int known;

    /// <summary>The DPU's clock of the earliest record of the block, in nanoseconds.</summary>
    public long From { get; private set; }

    /// <summary>The DPU's clock of the latest record of the block, in nanoseconds.</summary>
    public long To { get; private set; }

    /// <summary>Ids by place, with what was seen of each in <see cref="Of"/>.</summary>
    public ReadOnlySpan<uint> Ids => series.Ids;

    /// <summary>What was encoded last.</summary>
    public ReadOnlySpan<byte> this[Column column] => columns[(int)column].Written;

    /// <summary>What was seen of the series at a place.</summary>
    public ref readonly SeriesState Of(int place) => ref states[place];

    /// <summary>Encodes a block of at least one trailer.</summary>
    public void Encode(ReadOnlySpan<RawTrailer> trailers, ReadOnlySpan<RawRecord> records)
    {
        Clear();
        int begin = 0;
        foreach (ref readonly RawTrailer trailer in trailers)
        {
            ReadOnlySpan<RawRecord> own = records[begin..trailer.End];
            long time = trailer.Stamp + trailer.Offset;
            long oldest = WriteRecords(own, trailer.Samples, time);
            WriteTrailer(trailer, own.Length);
            // Of samples alone the latest is not at the trailer's time: the bound only has to hold.
            (From, To) = (Math.Min(From, time - oldest), Math.Max(To, time));
            begin = trailer.End;
        }

        WriteIndex();
    }

    private void Clear()
    {
        foreach (ColumnWriter column in columns)
            column.Clear();
        series.Clear();
        model.Clear();
        sources.Clear();
        stamps.Clear();
        (known, From, To) = (0, long.MaxValue, long.MinValue);
    }

    private void WriteTrailer(in RawTrailer trailer, int count)
    {
        if (!sources.TryGetValue((trailer.Host, trailer.Stream, trailer.Offset), out int source))
        {
            source = AddSource(trailer);
        }

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
        column.WriteSigned(trailer.Offset);
        column.WriteSigned(trailer.Stamp);
        stamps.Add(trailer.Stamp);
        sources.Add((trailer.Host, trailer.Stream, trailer.Offset), stamps.Count - 1);
        return stamps.Count - 1;
    }

    /// <summary>Writes the records of a trailer; the age of the oldest sample.</summary>
    private long WriteRecords(ReadOnlySpan<RawRecord> records, int samples, long time)
    {
        long age = 0, oldest = 0;
        for (int index = 0; index < records.Length; index++)
        {
            ref readonly RawRecord record = ref records[index];
            int place = series.PlaceOf(record.Id);
            ref SeriesState state = ref StateOf(place);
            state.Records++;
            (state.First, state.Last) = (Math.Min(state.First, time - record.Age), Math.Max(state.Last, time - record.Age));
            columns[(int)Column.Series].WriteNumber((ulong)place);
            if (index >= samples)
            {
                model.WriteValue(ref state, record.Raw, columns[(int)Column.Tokens], columns[(int)Column.Bytes]);
                continue;
            }

            model.WriteSample(ref state, record.Raw, columns[(int)Column.Tokens], columns[(int)Column.Bytes]);
            columns[(int)Column.Ages].WriteSigned(record.Age - age);
            (age, oldest) = (record.Age, Math.Max(oldest, record.Age));
        }

        return oldest;
    }

    private ref SeriesState StateOf(int place)
    {
        if (place >= states.Length)
            Array.Resize(ref states, states.Length * 2);
        if (place == known)
            states[known++] = new SeriesState { First = long.MaxValue, Last = long.MinValue };
        return ref states[place];
    }

    private void WriteIndex()
    {
        ColumnWriter index = columns[(int)Column.Index];
        long last = 0;
        for (int place = 0; place < series.Count; place++)
        {
            index.WriteSigned(series.Ids[place] - last);
            index.WriteNumber((ulong)states[place].Records);
            last = series.Ids[place];
        }

        if (columns[(int)Column.Ages].Length == 0)
            columns[(int)Column.Samples].Clear();
    }
}
