using OppTel.Recorder.Blocks;

namespace OppTel.Recorder.Queries;

/// <summary>Takes the wanted records out of blocks. Of one thread at a time; allocates only until its buffers have grown.</summary>
internal sealed class BlockDecoder : IDisposable
{
    private readonly BlockUnpacker unpacker = new();
    private readonly DeltaModel model = new();
    private readonly List<Source> sources = [];
    private SeriesState[] states = new SeriesState[2048];
    private int[] wanted = new int[2048];
    private int places;

    /// <summary>Whether a stored block has any of the series.</summary>
    public bool LooksAt(ReadOnlySpan<byte> block, SeriesSelection selection)
    {
        ColumnReader index = BlockUnpacker.Index(block);
        long id = 0;
        bool isWanted = false;
        for (places = 0; !index.IsAtEnd; places++)
        {
            id += index.ReadSigned();
            index.ReadNumber();
            if (places == wanted.Length)
                Grow();
            wanted[places] = selection.Find((uint)id);
            isWanted |= wanted[places] >= 0;
        }

        return isWanted;
    }

    /// <summary>Takes the wanted records of a time out of the stored block that <see cref="LooksAt"/> looked at last.</summary>
    public void Decode(ReadOnlySpan<byte> block, long from, long to, RecordBuffer found)
    {
        unpacker.Unpack(block);
        model.Clear();
        states.AsSpan(0, places).Clear();
        ReadSources();
        ColumnReader sourceOf = new(unpacker[Column.SourceOf]), stamps = new(unpacker[Column.Stamps]);
        ColumnReader values = new(unpacker[Column.Values]), samples = new(unpacker[Column.Samples]), ages = new(unpacker[Column.Ages]);
        RecordReader reader = new(this);
        Span<Source> known = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(sources);
        bool hasSamples = !samples.IsAtEnd;
        while (!values.IsAtEnd)
        {
            ref Source source = ref known[(int)sourceOf.ReadNumber()];
            source.Stamp += stamps.ReadSigned();
            long time = source.Stamp + source.Offset, age = 0;
            for (int sample = hasSamples ? samples.Read() : 0; sample > 0; sample--)
            {
                age += ages.ReadSigned();
                (int series, ulong raw) = reader.ReadSample();
                if (series >= 0 && time - age >= from && time - age < to)
                    found.Add(time - age, source.Offset, raw, series, isSample: true);
            }

            bool isInside = time >= from && time < to;
            for (int value = values.Read(); value > 0; value--)
            {
                (int series, ulong raw) = reader.ReadValue();
                if (series >= 0 && isInside)
                    found.Add(time, source.Offset, raw, series, isSample: false);
            }
        }
    }

    /// <summary>Takes the wanted records of a time out of a raw block.</summary>
    public static void Decode(RawBlock block, SeriesSelection selection, long from, long to, RecordBuffer found)
    {
        ReadOnlySpan<RawRecord> records = block.AllRecords;
        int begin = 0;
        foreach (ref readonly RawTrailer trailer in block.AllTrailers)
        {
            int values = begin + trailer.Samples;
            for (int index = begin; index < trailer.End; index++)
            {
                ref readonly RawRecord record = ref records[index];
                long time = trailer.Stamp + trailer.Offset - record.Age;
                if (time >= from && time < to && selection.Find(record.Id) is var series and >= 0)
                    found.Add(time, trailer.Offset, record.Raw, series, index < values);
            }

            begin = trailer.End;
        }
    }

    public void Dispose() => unpacker.Dispose();

    private void ReadSources()
    {
        sources.Clear();
        ColumnReader reader = new(unpacker[Column.Sources]);
        while (!reader.IsAtEnd)
        {
            reader.ReadNumber();
            reader.ReadNumber();
            sources.Add(new Source { Offset = reader.ReadSigned(), Stamp = reader.ReadSigned() });
        }
    }

    private void Grow()
    {
        Array.Resize(ref wanted, wanted.Length * 2);
        Array.Resize(ref states, states.Length * 2);
    }

    private struct Source
    {
        public long Offset;
        public long Stamp;
    }

    /// <summary>Reads records one after the other, as each builds on those before.</summary>
    private ref struct RecordReader(BlockDecoder decoder)
    {
        private readonly DeltaModel model = decoder.model;
        private readonly SeriesState[] states = decoder.states;
        private readonly int[] wanted = decoder.wanted;
        private ColumnReader series = new(decoder.unpacker[Column.Series]);
        private ColumnReader tokens = new(decoder.unpacker[Column.Tokens]);
        private ColumnReader bytes = new(decoder.unpacker[Column.Bytes]);

        public (int Series, ulong Raw) ReadValue()
        {
            int place = (int)series.ReadNumber();
            return (wanted[place], model.ReadValue(ref states[place], ref tokens, ref bytes));
        }

        public (int Series, ulong Raw) ReadSample()
        {
            int place = (int)series.ReadNumber();
            return (wanted[place], model.ReadSample(ref states[place], ref tokens, ref bytes));
        }
    }
}
