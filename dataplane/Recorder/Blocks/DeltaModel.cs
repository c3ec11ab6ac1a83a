using System.Numerics;

namespace OppTel.Recorder.Blocks;

/// <summary>What a block has seen of one series so far: values and samples are apart, as they have other widths.</summary>
internal struct SeriesState
{
    public ulong Value;
    public long ValueDelta;
    public ulong Sample;
    public long SampleDelta;

    /// <summary>Where its next token lies among those of all series.</summary>
    public int Cursor;
}

/// <summary>
/// Says what a value adds to the one before by a token, with a step behind it only for what the series or its neighbours did not do
/// lately: CPU time, for one, goes to a process, its cgroup and its CPU by the same amount.
/// </summary>
/// <remarks>
/// Tokens: 0, as much as the last time. 1 to 63, as much as the step that many steps ago. 64 + n, a step, which has n bytes. From 128,
/// the change itself, with 192 for none.
/// </remarks>
internal sealed class DeltaModel
{
    private const byte Same = 0;
    private const byte Step = 64;
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

    /// <summary>Bytes of the step behind a token.</summary>
    public static int StepBytes(byte token) => token is > Step and < 128 ? token - Step : 0;

    /// <summary>The token of one value.</summary>
    public byte WriteValue(ref SeriesState state, ulong raw, out ulong step)
    {
        long delta = (long)((raw - state.Value) << 16) >> 16;
        byte token = Write(delta, state.ValueDelta, out step);
        (state.Value, state.ValueDelta) = (raw, delta);
        return token;
    }

    /// <summary>The token of one sample.</summary>
    public byte WriteSample(ref SeriesState state, ulong raw, out ulong step)
    {
        long delta = (long)(raw - state.Sample);
        byte token = Write(delta, state.SampleDelta, out step);
        (state.Sample, state.SampleDelta) = (raw, delta);
        return token;
    }

    /// <summary>The value that a token stands for.</summary>
    public ulong ReadValue(ref SeriesState state, byte token, ulong step)
    {
        state.ValueDelta = Read(state.ValueDelta, token, step);
        return state.Value = (state.Value + (ulong)state.ValueDelta) & 0xFFFF_FFFF_FFFF;
    }

    /// <summary>The sample that a token stands for.</summary>
    public ulong ReadSample(ref SeriesState state, byte token, ulong step)
    {
        state.SampleDelta = Read(state.SampleDelta, token, step);
        return state.Sample += (ulong)state.SampleDelta;
    }

    private byte Write(long delta, long last, out ulong step)
    {
        step = 0;
        if (delta == last)
            return Same;
        if (delta is >= -64 and < 64)
            return (byte)(Zero + delta);
        int found = Array.IndexOf(recent, delta);
        int distance = (position - found + Window) % Window;
        if (found >= 0 && distance != 0)
            return (byte)distance;
        step = ZigZag.Encode(delta);
        Remember(delta);
        return (byte)(Step + ((71 - BitOperations.LeadingZeroCount(step)) / 8));
    }

    private long Read(long last, byte token, ulong step)
    {
        if (token == Same)
            return last;
        if (token >= 128)
            return token - Zero;
        if (token < Step)
            return recent[(position + Window - token) % Window];
        long delta = ZigZag.Decode(step);
        Remember(delta);
        return delta;
    }

    private void Remember(long delta)
    {
        recent[position] = delta;
        position = (position + 1) % Window;
    }
}
