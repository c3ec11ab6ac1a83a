namespace OppTel.Host.Boosts;

/// <summary>
/// Time that boosts may take: what is used up comes back while there is none, and once all of it is used up, there is none until all
/// of it is back. However a DPU asks, boosts take half of the time at most.
/// </summary>
internal sealed class BoostBudget
{
    private readonly ulong most;
    private ulong left;
    private ulong seen;
    private bool isSpending;

    /// <summary>A budget of which nothing is used up.</summary>
    /// <param name="most">Longest boost at a stretch, in nanoseconds.</param>
    public BoostBudget(ulong most) => left = this.most = most;

    /// <summary>Whether all of it was used up and is not back yet.</summary>
    public bool IsResting { get; private set; }

    /// <summary>Accounts for the time since the last question. Returns whether a boost may run until the next one.</summary>
    /// <param name="now">Nanoseconds of a monotonic clock.</param>
    /// <param name="wanted">Whether one is asked for.</param>
    public bool Spend(ulong now, bool wanted)
    {
        ulong passed = seen == 0 ? 0 : now - seen;
        seen = now;
        left = isSpending ? left - Math.Min(passed, left) : left + Math.Min(passed, most - left);
        IsResting = left == 0 || (IsResting && left < most);
        return isSpending = wanted && !IsResting;
    }
}
