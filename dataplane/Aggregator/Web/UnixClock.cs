using OppTel.Segment;

namespace OppTel.Aggregator.Web;

/// <summary>
/// Unix times of the DPU's boot time clock, in nanoseconds. What happened before the machine's clock was set gets the time that is right by
/// what the clock says now.
/// </summary>
internal sealed class UnixClock
{
    /// <summary>Readings of two clocks are never at one moment: differences below this are no change, in nanoseconds.</summary>
    private const long Jitter = 100_000;

    private long difference = Measure();

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

    private static long Measure()
    {
        long before = (long)Boottime.Now;
        long unix = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        return unix - before;
    }
}
