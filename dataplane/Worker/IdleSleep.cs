namespace OppTel.Worker;

/// <summary>Adaptive polling: after some empty rounds an idle worker sleeps, longer each time up to a bound.</summary>
internal struct IdleSleep
{
    /// <summary>Empty rounds before the first sleep: a busy worker never gets there.</summary>
    private const int EmptyRounds = 128;

    private const ulong ShortestNanoseconds = 1_000;

    /// <summary>What a frame waits at most for an idle worker, next to <see cref="SlackNanoseconds"/>.</summary>
    private const ulong LongestNanoseconds = 200_000;

    /// <summary>How late the kernel may wake the worker: its default of 50 us would make every short sleep a long one.</summary>
    public const ulong SlackNanoseconds = 1_000;

    private int empty;
    private ulong next;

    /// <summary>Whether the worker should sleep now, and how long.</summary>
    /// <param name="received">Frames of the round that just ended.</param>
    /// <param name="nanoseconds">Time to sleep.</param>
    public bool ShouldSleep(int received, out ulong nanoseconds)
    {
        if (received != 0)
        {
            empty = 0;
            next = ShortestNanoseconds;
        }

        nanoseconds = next;
        if (received != 0 || ++empty < EmptyRounds)
            return false;
        next = Math.Min(Math.Max(next, ShortestNanoseconds) * 2, LongestNanoseconds);
        return true;
    }
}
