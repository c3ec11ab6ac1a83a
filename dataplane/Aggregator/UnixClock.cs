using OppTel.Segment;

namespace OppTel.Aggregator;

/// <summary>
/// Unix times of the DPU's boot time clock, in nanoseconds. What happened before the machine's clock was set gets the time that is right by
/// what the clock says now.
/// </summary>
internal sealed class UnixClock
{
    /// <summary>Readings of two clocks are never at one moment, and the wall clock is slewed: differences below this are no change, in nanoseconds.</summary>
    private const long Jitter = 1_000_000;

    private long difference = Measure();

    private UnixClock()
    {
    }

    /// <summary>The one of this process: what it says of a time is the same everywhere.</summary>
    public static UnixClock Instance { get; } = new();

    /// <summary>Unix time minus boot time now.</summary>
    public long Difference
    {
        get
        {
            long now = Measure(), known = Volatile.Read(ref difference);
            if (Math.Abs(now - known) < Jitter)
                return known;
            Volatile.Write(ref difference, now);
            return now;
        }
    }

    /// <summary>The Unix time of a boot time in nanoseconds.</summary>
    public DateTimeOffset At(ulong boottime) => DateTimeOffset.UnixEpoch.AddTicks(((long)boottime + Difference) / 100);

    private static long Measure()
    {
        long before = (long)Boottime.Now;
        long unix = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        return unix - before;
    }
}
