using OppTel.Segment;

namespace OppTel.Aggregator.Exposition;

/// <summary>Turns times of CLOCK_BOOTTIME into Unix time; the same time into the same, unless the wall clock was set meanwhile.</summary>
internal static class WallClock
{
    /// <summary>Reading two clocks takes a while, and the wall clock is slewed: less than this is no new offset, in nanoseconds.</summary>
    private const long Tolerance = 10_000_000;

    private static long offset;

    /// <summary>The Unix time of a boot time in nanoseconds.</summary>
    public static DateTimeOffset At(ulong boottime)
    {
        long current = ((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100) - (long)Boottime.Now;
        long known = Volatile.Read(ref offset);
        if (Math.Abs(current - known) > Tolerance)
            Volatile.Write(ref offset, known = current);
        return DateTimeOffset.UnixEpoch.AddTicks(((long)boottime + known) / 100);
    }
}
