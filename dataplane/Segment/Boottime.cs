namespace OppTel.Segment;

/// <summary>CLOCK_BOOTTIME, the clock of trailers, rings and leases: monotonic, and it counts suspended time.</summary>
public static class Boottime
{
    /// <summary>Nanoseconds since boot.</summary>
    public static ulong Now
    {
        get
        {
            _ = Native.ClockGettime(Native.ClockBoottime, out Native.Timespec time);
            return ((ulong)time.Seconds * 1_000_000_000) + (ulong)time.Nanoseconds;
        }
    }
}
