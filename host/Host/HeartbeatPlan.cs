namespace OppTel.Host;

/// <summary>
/// Decides how many heartbeats leave: one when nothing was stamped for the interval, and as many as it takes to carry what
/// was due an interval ago and is due still. So a change waits two intervals at most, however few packets leave.
/// </summary>
/// <param name="interval">Nanoseconds.</param>
/// <param name="valuesPerTrailer">Due values that one heartbeat carries.</param>
public sealed class HeartbeatPlan(ulong interval, int valuesPerTrailer)
{
    /// <summary>Most heartbeats at once: a burst that fits every device's ring.</summary>
    public const int Most = 64;

    /// <summary>The plan for heartbeats that take this many values, some of which repeat what did not change.</summary>
    public static HeartbeatPlan For(TimeSpan interval, int maxValues, int refreshValues) =>
        new((ulong)interval.Ticks * 100, Math.Max(1, maxValues - refreshValues));

    private ulong trailersSeen;
    private ulong movedAt;
    private ulong lookedAt;
    private ulong overdueBefore;

    /// <summary>Number of heartbeats to send now.</summary>
    /// <param name="now">Nanoseconds of a monotonic clock.</param>
    /// <param name="mayStamp">Whether there is a lease; without one nothing would be carried.</param>
    /// <param name="trailers">Trailers stamped so far.</param>
    /// <param name="head">Values that ever became due.</param>
    /// <param name="tail">Values that ever left; at most <paramref name="head"/>.</param>
    public int Next(ulong now, bool mayStamp, ulong trailers, ulong head, ulong tail)
    {
        if (trailers != trailersSeen || !mayStamp)
            (trailersSeen, movedAt) = (trailers, now);
        int silent = now - movedAt >= interval ? 1 : 0;
        int heartbeats = Math.Max(silent, mayStamp ? Overdue(now, head, tail) : 0);
        if (heartbeats > 0)
            movedAt = now;
        return heartbeats;
    }

    private int Overdue(ulong now, ulong head, ulong tail)
    {
        if (now - lookedAt < interval)
            return 0;
        long waiting = (long)(overdueBefore - tail);
        (lookedAt, overdueBefore) = (now, head);
        return (int)Math.Clamp((waiting + valuesPerTrailer - 1) / valuesPerTrailer, 0, Most);
    }
}
