namespace OppTel.Host;

/// <summary>
/// Decides how many heartbeats leave: one when nothing was stamped for the interval of silence, and as many as it takes to carry
/// what was due an interval of its class ago and is due still. So a change waits two intervals at most, and two looks,
/// however few packets leave.
/// </summary>
/// <param name="silence">Nanoseconds.</param>
/// <param name="valuesPerTrailer">Due values that one heartbeat carries.</param>
/// <param name="intervals">Of each class, in nanoseconds.</param>
public sealed class HeartbeatPlan(ulong silence, int valuesPerTrailer, params IReadOnlyList<ulong> intervals)
{
    /// <summary>Most heartbeats at once: a burst that fits every device's ring.</summary>
    public const int Most = 64;

    private readonly Waiting[] classes = new Waiting[intervals.Count];
    private ulong trailersSeen;
    private ulong movedAt;

    /// <summary>Due values that a heartbeat takes which has room for so many, some of which repeat what did not change.</summary>
    public static int ValuesPerTrailer(int maxValues, int refreshValues) => Math.Max(1, maxValues - refreshValues);

    /// <summary>Number of heartbeats to send now.</summary>
    /// <param name="now">Nanoseconds of a monotonic clock.</param>
    /// <param name="mayStamp">Whether there is a lease; without one nothing would be carried.</param>
    /// <param name="trailers">Trailers stamped so far.</param>
    /// <param name="due">For each class, values that ever became due, and those that ever left: at most as many.</param>
    public int Next(ulong now, bool mayStamp, ulong trailers, params ReadOnlySpan<(ulong Head, ulong Tail)> due)
    {
        if (trailers != trailersSeen || !mayStamp)
            (trailersSeen, movedAt) = (trailers, now);
        int silent = now - movedAt >= silence ? 1 : 0;
        long overdue = 0;
        for (int number = 0; mayStamp && number < classes.Length; number++)
            overdue += Overdue(ref classes[number], intervals[number], now, due[number]);
        int heartbeats = Math.Max(silent, (int)Math.Min((overdue + valuesPerTrailer - 1) / valuesPerTrailer, Most));
        if (heartbeats > 0)
            movedAt = now;
        return heartbeats;
    }

    private static long Overdue(ref Waiting waiting, ulong interval, ulong now, (ulong Head, ulong Tail) due)
    {
        if (now - waiting.LookedAt < interval)
            return 0;
        long overdue = Math.Max(0, (long)(waiting.Head - due.Tail));
        waiting = new Waiting(now, due.Head);
        return overdue;
    }

    /// <summary>What was due when a class was looked at.</summary>
    private readonly record struct Waiting(ulong LookedAt, ulong Head);
}
