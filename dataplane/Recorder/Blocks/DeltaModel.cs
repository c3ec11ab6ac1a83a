using System.Numerics;

namespace OppTel.Recorder.Blocks;

/// <summary>What a block has seen of one series so far: values and samples are apart, as they have other widths.</summary>
internal struct SeriesState
{
    public ulong Value;
    public long ValueDelta;
    public ulong Sample;
    public long SampleDelta;
    public int Records;
    public long First;
    public long Last;
}

/// <summary>
/// Writes what a value adds to the one before as a token, with bytes behind only for what the series or its neighbours did not do
/// lately: CPU time, for one, goes to a process, its cgroup and its CPU by the same amount.
/// </summary>
/// <remarks>
/// Tokens: 0, as much as the last time. 1 to 63, as much as the large step that many large steps ago. 64 + n, a step in n bytes.
/// From 128, the step itself, with 192 for none.
/// </remarks>
internal sealed class DeltaModel
{
    private const byte Same = 0;
    private const byte Long = 64;
    private const byte Zero = 192;
    private const int Window = 64;

    private readonly long[] recent = new long[Window];
    private int position;

    /// <summary>Begins a block.</summary>
    public void Clear()
    {
        Array.Clear(recent);
        position = 0;
    }

    /// <summary>Writes one value.</summary>
    public void WriteValue(ref SeriesState state, ulong raw, ColumnWriter tokens, ColumnWriter bytes)
    {
        long delta = (long)((raw - state.Value) << 16) >> 16;
        Write(delta, state.ValueDelta, tokens, bytes);
        (state.Value, state.ValueDelta) = (raw, delta);
    }

    /// <summary>Writes one sample.</summary>
    public void WriteSample(ref SeriesState state, ulong raw, ColumnWriter tokens, ColumnWriter bytes)
    {
        long delta = (long)(raw - state.Sample);
        Write(delta, state.SampleDelta, tokens, bytes);
        (state.Sample, state.SampleDelta) = (raw, delta);
    }

    /// <summary>Reads one value.</summary>
    public ulong ReadValue(ref SeriesState state, ref ColumnReader tokens, ref ColumnReader bytes)
    {
        state.ValueDelta = Read(state.ValueDelta, ref tokens, ref bytes);
        return state.Value = (state.Value + (ulong)state.ValueDelta) & 0xFFFF_FFFF_FFFF;
    }

    /// <summary>Reads one sample.</summary>
    public ulong ReadSample(ref SeriesState state, ref ColumnReader tokens, ref ColumnReader bytes)
    {
        state.SampleDelta = Read(state.SampleDelta, ref tokens, ref bytes);
        return state.Sample += (ulong)state.SampleDelta;
    }

    private void Write(long delta, long last, ColumnWriter tokens, ColumnWriter bytes)
    {
        if (delta == last)
        {
            tokens.Write(Same);
        }
        else if (delta is >= -64 and < 64)
        {
            tokens.Write((byte)(Zero + delta));
        }
        else if (Array.IndexOf(recent, delta) is var found and >= 0 && (position - found) % Window is var distance and not 0)
        {
            tokens.Write((byte)((distance + Window) % Window));
        }
        else
        {
            ulong step = ZigZag.Encode(delta);
            int length = (71 - BitOperations.LeadingZeroCount(step)) / 8;
            tokens.Write((byte)(Long + length));
            bytes.WriteBytes(step, length);
            Remember(delta);
        }
    }

    private long Read(long last, ref ColumnReader tokens, ref ColumnReader bytes)
    {
        byte token = tokens.Read();
        if (token == Same)
            return last;
        if (token >= 128)
            return token - Zero;
        if (token < Long)
            return recent[(position + Window - token) % Window];
        long delta = ZigZag.Decode(bytes.ReadBytes(token - Long));
        Remember(delta);
        return delta;
    }

    private void Remember(long delta)
    {
        recent[position] = delta;
        position = (position + 1) % Window;
    }
}
