namespace OppTel.Host.Producers;

/// <summary>
/// Lets one producer in each second, and some more at once. An array lives as long as anybody keeps its descriptor, connected or not: who
/// collected them by connecting again and again would use up the daemon's memory quickly.
/// </summary>
/// <param name="burst">How many at once.</param>
internal sealed class ConnectionRate(int burst)
{
    private const ulong Second = 1_000_000_000;
    private ulong saved = (ulong)burst * Second;
    private ulong last;

    /// <summary>Takes one; false when it comes too early.</summary>
    /// <param name="now">Nanoseconds.</param>
    public bool TryTake(ulong now)
    {
        saved = Math.Min((ulong)burst * Second, saved + now - Math.Min(last, now));
        last = now;
        if (saved < Second)
            return false;
        saved -= Second;
        return true;
    }
}
