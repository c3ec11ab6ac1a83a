namespace OppTel.Telemetry;

/// <summary>
/// Where the clock of one host is, by all its trailers: so one that is far ahead, and a host that goes on in the past, are told from a trailer
/// that comes late or again.
/// </summary>
internal struct HostProgress
{
    /// <summary>No trailer is late by this much, and no clock ahead, in nanoseconds.</summary>
    private const ulong LongestDelay = 10_000_000_000;

    /// <summary>A clock that is far ahead for this long, while nothing else is heard, has been set, in nanoseconds.</summary>
    private const ulong Persistence = 1_000_000_000;

    private bool isStarted;
    private long newest;
    private ulong arrived;
    private ulong strangeSince;

    /// <summary>
    /// The DPU's clock when the host was found to go on in the past; 0 if it never was. Older values than the last ones count only if those came before.
    /// </summary>
    public ulong SetBack { get; private set; }

    /// <summary>Takes the time of a trailer.</summary>
    /// <param name="stamp">The host's clock, unwrapped, in nanoseconds.</param>
    /// <param name="arrival">The DPU's clock, in nanoseconds.</param>
    /// <returns>False for one that is impossibly far ahead of all others.</returns>
    public bool TryAdvance(long stamp, ulong arrival)
    {
        ulong elapsed = isStarted ? Elapsed.Between(arrived, arrival) : 0;
        if (isStarted && stamp > newest + (long)(elapsed + LongestDelay))
        {
            if (strangeSince == 0)
                strangeSince = Math.Max(1, arrival);
            if (Elapsed.Between(strangeSince, arrival) < Persistence)
                return false;
        }

        strangeSince = 0;
        if (!isStarted || stamp > newest)
            (isStarted, newest, arrived) = (true, stamp, arrival);
        else if (elapsed >= LongestDelay)
            (newest, arrived, SetBack) = (stamp, arrival, arrival);
        return true;
    }

    /// <summary>The host may have booted.</summary>
    public void Restart() => this = default;
}
