using System.Runtime.InteropServices;
using OppTel.Recorder.Blocks;
using Transport = OppTel.Telemetry.Transport;

namespace OppTel.Recorder.Queries;

/// <summary>Takes the wanted records out of blocks. Of one thread at a time; allocates only until its buffers have grown.</summary>
internal sealed class BlockDecoder : IDisposable
{
    private readonly BlockUnpacker unpacker = new();
    private readonly DeltaModel model = new();
    private readonly List<Source> sources = [];
    private ulong[] steps = [];
    private SeriesState[] states = new SeriesState[2048];
    private int[] wanted = new int[2048];

    /// <summary>Whether a stored block has any of the series.</summary>
    public bool LooksAt(ReadOnlySpan<byte> block, SeriesSelection selection)
    {
        ColumnReader index = BlockUnpacker.Index(block);
        long id = 0;
        int cursor = 0;
        bool isWanted = false;
        for (int rank = 0; !index.IsAtEnd; rank++)
        {
            if (rank == wanted.Length)
                Grow();
            id += index.ReadSigned();
            states[rank] = new SeriesState { Cursor = cursor };
            cursor += (int)index.ReadNumber();
            wanted[rank] = selection.Find((uint)id);
            isWanted |= wanted[rank] >= 0;
        }

        return isWanted;
    }

    /// <summary>Takes the wanted records of a time out of the stored block that <see cref="LooksAt"/> looked at last.</summary>
    public void Decode(ReadOnlySpan<byte> block, long from, long to, RecordBuffer found)
    {
        unpacker.Unpack(block);
        model.Clear();
        ReadSources();
        ReadSteps();
        ColumnReader sourceOf = new(unpacker[Column.SourceOf]), stamps = new(unpacker[Column.Stamps]), ranks = new(unpacker[Column.Ranks]);
        ColumnReader values = new(unpacker[Column.Values]), samples = new(unpacker[Column.Samples]), ages = new(unpacker[Column.Ages]);
        ReadOnlySpan<byte> tokens = unpacker[Column.Tokens];
        Span<Source> known = CollectionsMarshal.AsSpan(sources);
        bool hasSamples = !samples.IsAtEnd;
        while (!values.IsAtEnd)
        {
            ref Source source = ref known[(int)sourceOf.ReadNumber()];
            source.Stamp += stamps.ReadSigned();
            long time = source.Stamp + source.Offset, age = 0;
            int rank = 0;
            for (int sample = hasSamples ? samples.Read() : 0; sample > 0; sample--)
            {
                age += ages.ReadSigned();
                rank += (int)ranks.ReadNumber();
                ref SeriesState state = ref states[rank];
                ulong raw = model.ReadSample(ref state, tokens[state.Cursor], steps[state.Cursor]);
                state.Cursor++;
                if (wanted[rank] >= 0 && time - age >= from && time - age < to)
                    found.Add(time - age, source.Offset, raw, wanted[rank], isSample: true, source.Transport);
            }

            bool isInside = time >= from && time < to;
            rank = 0;
            for (int value = values.Read(); value > 0; value--)
            {
                rank += (int)ranks.ReadNumber();
                ref SeriesState state = ref states[rank];
                ulong raw = model.ReadValue(ref state, tokens[state.Cursor], steps[state.Cursor]);
                state.Cursor++;
                if (wanted[rank] >= 0 && isInside)
                    found.Add(time, source.Offset, raw, wanted[rank], isSample: false, source.Transport);
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
                    found.Add(time, trailer.Offset, record.Raw, series, index < values, trailer.Transport);
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
            sources.Add(new Source { Transport = (Transport)reader.ReadNumber(), Offset = reader.ReadSigned(), Stamp = reader.ReadSigned() });
        }
    }

    /// <summary>Puts the step of each token to the place of the token.</summary>
    private void ReadSteps()
    {
        ReadOnlySpan<byte> tokens = unpacker[Column.Tokens];
        ColumnReader low = new(unpacker[Column.LowBytes]), high = new(unpacker[Column.HighBytes]);
        if (steps.Length < tokens.Length)
            steps = new ulong[RawBlock.Records];
        for (int index = 0; index < tokens.Length; index++)
        {
            if (DeltaModel.StepBytes(tokens[index]) is var length and > 0)
                steps[index] = low.ReadBytes(length - 1) | ((ulong)high.Read() << (8 * (length - 1)));
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
        public Transport Transport;
    }
}
