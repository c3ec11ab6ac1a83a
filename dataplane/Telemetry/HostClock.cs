using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>
/// Turns the 48-bit times of one host's trailers into a clock that does not wrap, and tells how old a trailer is, though the two clocks
/// differ and drift. All times are nanoseconds of CLOCK_BOOTTIME, the host's or the DPU's. One thread observes; any may read
/// <see cref="Offset"/> and <see cref="Drift"/>.
/// </summary>
public sealed class HostClock
{
    /// <summary>
    /// An offset that is not negative and below this is the delay of the quickest trailers: both sides read the same clock, as in one
    /// machine. Of two that differ by less, ages come out too great by what they differ.
    /// </summary>
    private const long SharedClockDelay = 10_000_000;

    /// <summary>The steady offset follows in steps of this: who keeps times keeps few offsets.</summary>
    private const long SteadyStep = 250_000;

    private readonly ClockLine line = new();
    private bool isAnchored;
    private long lastTime;
    private long lastArrival;
    private long offset;
    private long steady;
    private double drift;

    /// <summary>
    /// The DPU's clock minus the host's when the last trailer arrived, in nanoseconds, as far as the quickest trailers tell it; 0 when both
    /// read the same clock.
    /// </summary>
    public long Offset => Volatile.Read(ref offset);

    /// <summary>The same within a quarter of a millisecond, and for seconds at a time the same number.</summary>
    public long SteadyOffset => Volatile.Read(ref steady);

    /// <summary>What the DPU's clock gains on the host's, as a share; 0 when both read the same clock.</summary>
    public double Drift => Volatile.Read(ref drift);

    /// <summary>
    /// Unwraps a footer's time: the first one to the nearest of the DPU's clock, every other one to where the host's clock must be by now.
    /// </summary>
    /// <param name="time">Modulo 2^48.</param>
    /// <param name="arrival">The DPU's clock.</param>
    /// <returns>The host's clock. May be negative: the first wrap is a guess that all later ones share.</returns>
    public long Unwrap(ulong time, ulong arrival)
    {
        long now = (long)arrival;
        long expected = isAnchored ? lastTime + (now - lastArrival) : now;
        return expected + SignExtend(time - (ulong)expected);
    }

    /// <summary>Learns from a trailer that is believed.</summary>
    /// <param name="stamp">Its time, unwrapped.</param>
    /// <param name="arrival">The DPU's clock.</param>
    public void Observe(long stamp, ulong arrival)
    {
        long now = (long)arrival;
        if (!isAnchored || stamp > lastTime)
            (isAnchored, lastTime, lastArrival) = (true, stamp, now);
        line.Observe(now, now - stamp);
        long difference = line.At(now);
        bool isShared = difference is >= 0 and < SharedClockDelay;
        Show(isShared ? 0 : difference, isShared ? 0 : line.Drift);
    }

    /// <summary>Age in nanoseconds of something read at <paramref name="time"/> of the host's clock, for the trailer observed last; never negative.</summary>
    public long Age(long time, ulong arrival) => Math.Max(0, (long)arrival - time - Offset);

    /// <summary>Forgets everything: the host may have booted since.</summary>
    public void Restart()
    {
        isAnchored = false;
        line.Restart();
    }

    private void Show(long newest, double gained)
    {
        Volatile.Write(ref offset, newest);
        Volatile.Write(ref drift, gained);
        if (newest == 0 || Math.Abs(newest - steady) > SteadyStep)
            Volatile.Write(ref steady, newest);
    }

    private static long SignExtend(ulong value) => (long)((value & WireFormat.Mask48) << 16) >> 16;
}
