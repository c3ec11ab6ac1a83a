using OppTel.Telemetry;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers.Conditions;

/// <summary>One trigger with all that it looks at. Belongs to the thread that evaluates; counts are read by any.</summary>
/// <param name="number">Its number among the rules.</param>
/// <param name="rule">The rule.</param>
internal sealed class TriggerWatch(int number, TriggerRule rule)
{
    private readonly SeriesCondition? onSeries = rule.When as SeriesCondition;
    private readonly AnomalyCondition? onAnomalies = rule.When as AnomalyCondition;
    private readonly Dictionary<string, Extreme> extremes = new(StringComparer.Ordinal);
    private readonly List<string> fired = [];
    private Dictionary<Series, SeriesWatch> watches = [];
    private SeriesWatch[] ordered = [];

    public TriggerRule Rule => rule;

    public TriggerState State { get; } = new((ulong)rule.HoldOff.Ticks * 100);

    /// <summary>Series that it looks at.</summary>
    public int Count => Volatile.Read(ref ordered).Length;

    /// <summary>Chooses what to look at anew; what it looked at before goes on.</summary>
    /// <param name="all">All series.</param>
    /// <param name="room">Most series.</param>
    /// <returns>Those that found no room.</returns>
    public int Refresh(IReadOnlyList<Series> all, int room)
    {
        if (onSeries is null)
            return 0;
        Dictionary<Series, SeriesWatch> next = [];
        int leftOut = 0;
        foreach (Series series in all)
        {
            if (!onSeries.Concerns(series))
                continue;
            if (next.Count == room)
                leftOut++;
            else
                next.Add(series, watches.GetValueOrDefault(series) ?? new SeriesWatch(series, onSeries));
        }

        watches = next;
        Volatile.Write(ref ordered, [.. next.Values]);
        return leftOut;
    }

    /// <summary>Looks once. Allocates nothing unless it fires, or begins to hold for a host.</summary>
    public void Step(ulong now, IReadOnlyList<OpenAnomaly> anomalies, Action<Firing> fire)
    {
        foreach (SeriesWatch watch in ordered)
        {
            if (watch.Look(now, out double value))
                Note(watch.Series.Host.Name, value, new Extreme(value, watch.Series, null));
        }

        for (int index = 0; onAnomalies is not null && index < anomalies.Count; index++)
        {
            if (onAnomalies.Concerns(anomalies[index]))
                Note(anomalies[index].Host, anomalies[index].Score, new Extreme(anomalies[index].Score, null, anomalies[index].Cgroup));
        }

        State.End(now, fired);
        foreach (string host in fired)
            fire(Describe(now, host, extremes[host]));
        fired.Clear();
        extremes.Clear();
    }

    private void Note(string host, double value, Extreme extreme)
    {
        State.Note(host);
        if (!extremes.TryGetValue(host, out Extreme other) || (onSeries?.IsFurther(value, other.Value) ?? value > other.Value))
            extremes[host] = extreme;
    }

    private Firing Describe(ulong now, string host, Extreme extreme) => new(
        number,
        now,
        host,
        extreme.Series?.Family.Name,
        extreme.Value,
        extreme.Series is { } series
            ? [.. series.Labels.Where(label => label.Key != "host")]
            : extreme.Cgroup is { } cgroup ? [new KeyValuePair<string, string>("cgroup", cgroup)] : []);

    private readonly record struct Extreme(double Value, Series? Series, string? Cgroup);
}
