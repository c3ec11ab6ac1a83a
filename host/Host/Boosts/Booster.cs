using OppTel.Wire;

namespace OppTel.Host.Boosts;

/// <summary>
/// Reads metrics more often while a DPU asks for it, within what the configuration allows. It knows no more than the newest beacon
/// told and what time is left, so whatever becomes of the DPU, boosts end. Times are nanoseconds of one monotonic clock.
/// </summary>
/// <param name="settings">What is allowed.</param>
/// <param name="target">What it works on.</param>
public sealed class Booster(BoostSettings settings, IBoostTarget target)
{
    private readonly BoostBudget budget = new((ulong)settings.MaxDuration.Ticks * 100);
    private readonly ulong[] verdicts = new ulong[Enum.GetValues<BoostVerdict>().Length];
    private readonly List<Wish> wishes = [];
    private HashSet<uint> asked = [];
    private BoostOrder order = BoostOrder.None;
    private ActiveBoost[] active = [];
    private bool wasResting;

    /// <summary>Metrics that are boosted now; for any thread.</summary>
    public IReadOnlyList<ActiveBoost> Active => Volatile.Read(ref active);

    /// <summary>Wishes by what became of them, each once for as long as it is repeated; for any thread.</summary>
    public ulong Verdicts(BoostVerdict verdict) => Volatile.Read(ref verdicts[(int)verdict]);

    /// <summary>Takes what the newest beacon asks for, which replaces what older ones asked for.</summary>
    /// <param name="boosts">All of its entries; none when it names another daemon.</param>
    /// <param name="now">Nanoseconds.</param>
    public void Ask(ReadOnlySpan<BeaconBoost> boosts, ulong now)
    {
        HashSet<uint> metrics = [];
        wishes.Clear();
        foreach (BeaconBoost boost in boosts)
        {
            if (boost.RemainingMilliseconds == 0)
                continue;
            TimeSpan interval = TimeSpan.FromMicroseconds(boost.IntervalMicroseconds);
            string? name = target.NameOf(boost.Metric);
            if (metrics.Add(boost.Metric) && !asked.Contains(boost.Metric))
                verdicts[(int)Judge(name, interval)]++;
            if (name is not null && settings.IsEnabled)
                wishes.Add(new Wish(boost.Metric, name, interval, now + (boost.RemainingMilliseconds * 1_000_000ul)));
        }

        asked = metrics;
        Tick(now);
    }

    /// <summary>Ends what is over.</summary>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="isHeard">Whether beacons still come: without them everything ends.</param>
    public void Tick(ulong now, bool isHeard = true)
    {
        if (!isHeard)
        {
            wishes.Clear();
            asked.Clear();
        }

        wishes.RemoveAll(wish => wish.Until <= now);
        bool granted = budget.Spend(now, wishes.Count > 0);
        if (budget.IsResting && !wasResting)
            verdicts[(int)BoostVerdict.Exhausted] += (ulong)wishes.Count;
        wasResting = budget.IsResting;
        if (granted || active.Length > 0)
            Grant(granted ? wishes : []);
    }

    private BoostVerdict Judge(string? name, TimeSpan interval)
    {
        if (!settings.IsEnabled)
            return BoostVerdict.Disabled;
        if (name is null)
            return BoostVerdict.Unknown;
        if (budget.IsResting)
            return BoostVerdict.Exhausted;
        return interval < settings.MinInterval ? BoostVerdict.Slowed : BoostVerdict.Granted;
    }

    private void Grant(List<Wish> granted)
    {
        HashSet<uint> metrics = [.. granted.Select(wish => wish.Metric)];
        TimeSpan interval = granted.Count == 0 ? BoostOrder.None.Interval : granted.Min(wish => wish.Interval);
        if (interval < settings.MinInterval)
            interval = settings.MinInterval;
        // To look for slots takes time: only when something has changed.
        if (interval != order.Interval || !metrics.SetEquals(order.Metrics))
            target.Apply(order = granted.Count == 0 ? BoostOrder.None : Plan(metrics, interval));
        Volatile.Write(ref active, [.. granted.GroupBy(wish => wish.Name).Select(
            group => new ActiveBoost(group.Key, interval, group.Max(wish => wish.Until)))]);
    }

    /// <summary>Each CPU has one clock: the shortest interval is that of all.</summary>
    private BoostOrder Plan(HashSet<uint> metrics, TimeSpan interval)
    {
        List<ClockedSlot> clocked = [];
        HashSet<uint> hastened = [];
        foreach (uint metric in metrics)
        {
            IReadOnlyList<ClockedSlot> slots = target.SlotsOf(metric);
            if (slots.Count > 0 && slots.GroupBy(slot => slot.Cpu).All(group => clocked.Count(slot => slot.Cpu == group.Key) + group.Count() <= target.FreeSlots(group.Key)))
                clocked.AddRange(slots);
            else
                hastened.Add(metric);
        }

        return new BoostOrder(interval, clocked, metrics, hastened);
    }

    private readonly record struct Wish(uint Metric, string Name, TimeSpan Interval, ulong Until);
}
