using OppTel.Segment;

namespace OppTel.Triggers.Actions;

/// <summary>Boosts that last, by host. Actions write it; the thread that writes to the segment reads it without waiting.</summary>
public sealed class BoostBook
{
    private readonly Lock guard = new();
    private Entry[] entries = [];

    /// <summary>What a host is asked for; it may hold some that are over. Allocates nothing.</summary>
    /// <param name="instance">The host's.</param>
    public ReadOnlySpan<HostBoost> Of(ulong instance)
    {
        foreach (Entry entry in Volatile.Read(ref entries))
        {
            if (entry.Instance == instance)
                return entry.Boosts;
        }

        return [];
    }

    /// <summary>Asks a host to read metrics more often; all of them, or none when there is no room for all.</summary>
    /// <param name="instance">The host's.</param>
    /// <param name="metrics">Ids in its catalog.</param>
    /// <param name="interval">From one reading to the next.</param>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    /// <param name="duration">For how long.</param>
    public bool TryRaise(ulong instance, IReadOnlyCollection<uint> metrics, TimeSpan interval, ulong now, TimeSpan duration)
    {
        ulong until = now + ((ulong)duration.Ticks * 100);
        uint microseconds = (uint)Math.Max(1, interval.TotalMicroseconds);
        lock (guard)
        {
            // A boost of the same metric at another interval is another one: each lasts as long as it was asked for.
            HostBoost[] lasting = [.. Of(instance).ToArray().Where(boost => boost.Until > now
                && !(metrics.Contains(boost.Metric) && boost.IntervalMicroseconds == microseconds && boost.Until <= until))];
            IEnumerable<HostBoost> added = metrics
                .Where(metric => !lasting.Any(boost => boost.Metric == metric && boost.IntervalMicroseconds == microseconds))
                .Select(metric => new HostBoost(metric, microseconds, until));
            HostBoost[] all = [.. lasting, .. added];
            if (all.Length > SegmentLayout.MaxBoosts)
                return false;
            Volatile.Write(ref entries, [
                .. entries.Where(entry => entry.Instance != instance && entry.Boosts.Any(boost => boost.Until > now)), new Entry(instance, all)]);
            return true;
        }
    }

    private sealed record Entry(ulong Instance, HostBoost[] Boosts);
}
