namespace OppTel.Host.Producers;

/// <summary>Lets so many through at once, and then some more each second.</summary>
/// <param name="burst">How many at once.</param>
/// <param name="interval">From one to the next behind that.</param>
internal sealed class RateLimit(int burst, TimeSpan interval)
{
    private readonly ulong price = (ulong)interval.Ticks * 100;
    private ulong saved = (ulong)burst * (ulong)interval.Ticks * 100;
    private ulong last;

    /// <summary>Takes one; false when it comes too early.</summary>
    /// <param name="now">Nanoseconds.</param>
    public bool TryTake(ulong now)
    {
        saved = Math.Min((ulong)burst * price, saved + now - Math.Min(last, now));
        last = now;
        if (saved < price)
            return false;
        saved -= price;
        return true;
    }

    /// <summary>Gives one back that came to nothing.</summary>
    public void Give() => saved += price;
}
