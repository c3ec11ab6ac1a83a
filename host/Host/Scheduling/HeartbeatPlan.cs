namespace OppTel.Host.Scheduling;

/// <summary>Why a heartbeat leaves; names in snake case are label values.</summary>
public enum HeartbeatCause
{
    /// <summary>None has to leave.</summary>
    None,

    /// <summary>A change would miss its deadline.</summary>
    Deadline,

    /// <summary>Nothing has left for so long that the DPU could not tell a host without changes from one that is gone.</summary>
    Silence,
}

/// <summary>
/// Decides when a heartbeat leaves: when the oldest change of a class has waited for three quarters of its maximum age, or when
/// no trailer has left for the interval of silence. And when to look next: before any deadline that can come by then. The last
/// quarter is for a daemon that is late, and for the way.
/// </summary>
/// <param name="silence">Nanoseconds.</param>
/// <param name="maxAges">Of each class, in nanoseconds.</param>
/// <param name="rests">Of each class the least time between two values of a slot, in nanoseconds.</param>
public sealed class HeartbeatPlan(ulong silence, IReadOnlyList<ulong> maxAges, IReadOnlyList<ulong> rests)
{
    /// <summary>Most heartbeats at once: a burst that fits every device's ring.</summary>
    public const int Most = 64;

    /// <summary>No change waits.</summary>
    public const ulong Nothing = ulong.MaxValue;

    /// <summary>Least time from one look to the next, in nanoseconds: whatever is wrong, the daemon does not spin.</summary>
    public const ulong LeastLook = 1_000_000;

    private bool mayStampLast;

    /// <summary>When to look next, on the clock that it is told.</summary>
    public ulong NextLook { get; private set; }

    /// <summary>Looks that came when a deadline had passed already although there was a lease.</summary>
    public ulong LateLooks { get; private set; }

    /// <summary>What is kept of a maximum age for delays.</summary>
    public static ulong Reserve(ulong maxAge) => maxAge / 4;

    /// <summary>Whether a heartbeat has to leave now; sets <see cref="NextLook"/> for when it has left, or need not.</summary>
    /// <param name="now">Nanoseconds of a clock.</param>
    /// <param name="mayStamp">Whether there is a lease; without one nothing would be carried.</param>
    /// <param name="lastTrailer">When the last trailer left, on that clock.</param>
    /// <param name="oldest">For each class since when its oldest change waits, or <see cref="Nothing"/>.</param>
    public HeartbeatCause Judge(ulong now, bool mayStamp, ulong lastTrailer, ReadOnlySpan<ulong> oldest)
    {
        ulong next = mayStamp ? Math.Max(lastTrailer, now - Math.Min(now, silence)) + silence : now + silence;
        bool isDue = false, isLate = false;
        for (int number = 0; mayStamp && number < maxAges.Count; number++)
        {
            ulong bound = maxAges[number], patience = bound - Reserve(bound);
            if (oldest[number] != Nothing && now >= oldest[number] + patience)
            {
                isDue = true;
                next = now;
                isLate |= now > oldest[number] + bound;
            }
            else
            {
                next = Math.Min(next, now + Unseen(number));
                if (oldest[number] != Nothing)
                    next = Math.Min(next, oldest[number] + patience);
            }
        }

        // What waited for the lease is late for another reason.
        LateLooks += isLate && mayStampLast ? 1u : 0;
        mayStampLast = mayStamp;
        NextLook = Math.Max(next, now + LeastLook);
        return isDue ? HeartbeatCause.Deadline : mayStamp && now - Math.Min(now, lastTrailer) >= silence ? HeartbeatCause.Silence : HeartbeatCause.None;
    }

    /// <summary>
    /// How long what does not wait yet can do without a look. What rests may have changed as soon as it left, which shows only when
    /// it has rested.
    /// </summary>
    private ulong Unseen(int number)
    {
        ulong reserve = Reserve(maxAges[number]), patience = maxAges[number] - reserve;
        return patience > rests[number] + (reserve / 2) ? patience - rests[number] : reserve / 2;
    }
}
