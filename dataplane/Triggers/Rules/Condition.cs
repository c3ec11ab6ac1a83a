using OppTel.Telemetry;

namespace OppTel.Triggers.Rules;

/// <summary>When a trigger fires.</summary>
public abstract record Condition;

/// <summary>A series is beyond a limit.</summary>
/// <param name="Metric">Names of metrics.</param>
/// <param name="Labels">Labels that a series has to have; the host is one of them.</param>
/// <param name="Comparison">What for.</param>
/// <param name="Limit">In the metric's unit, or that per second.</param>
/// <param name="For">For how long without a break.</param>
/// <param name="Over">Time that a rate is taken over.</param>
public sealed record SeriesCondition(
    TextPattern Metric, IReadOnlyDictionary<string, TextPattern> Labels, Comparison Comparison, double Limit, TimeSpan For, TimeSpan Over) : Condition
{
    /// <summary>Whether the change of a value counts.</summary>
    public bool IsRate => Comparison is Comparison.RateAbove or Comparison.RateBelow;

    /// <summary>Whether a value, or a rate, is beyond the limit; one that is no number is not.</summary>
    public bool IsBeyond(double value) =>
        Comparison is Comparison.Above or Comparison.RateAbove ? value > Limit : value < Limit;

    /// <summary>Whether one value is further beyond than another.</summary>
    public bool IsFurther(double value, double other) =>
        Comparison is Comparison.Above or Comparison.RateAbove ? value > other : value < other;

    /// <summary>Whether it is about a series.</summary>
    public bool Concerns(Series series)
    {
        if (!Metric.Matches(series.Family.Name))
            return false;
        int found = 0;
        for (int index = 0; index < series.Labels.Count; index++)
        {
            if (!Labels.TryGetValue(series.Labels[index].Key, out TextPattern pattern))
                continue;
            if (!pattern.Matches(series.Labels[index].Value))
                return false;
            found++;
        }

        return found == Labels.Count;
    }
}

/// <summary>A host or a cgroup is unusual.</summary>
/// <param name="Host">Names of hosts.</param>
/// <param name="Cgroup">Paths of cgroups; null for anomalies of hosts and of cgroups.</param>
/// <param name="MinScore">Least score.</param>
public sealed record AnomalyCondition(TextPattern Host, TextPattern? Cgroup, double MinScore) : Condition
{
    /// <summary>Whether it is about an anomaly.</summary>
    public bool Concerns(OpenAnomaly anomaly) =>
        anomaly.Score >= MinScore && Host.Matches(anomaly.Host)
        && (Cgroup is not { } pattern || (anomaly.Cgroup is { } cgroup && pattern.Matches(cgroup)));
}

/// <summary>An anomaly that lasts.</summary>
/// <param name="Host">The host.</param>
/// <param name="Cgroup">The cgroup; null for the whole host.</param>
/// <param name="Score">How unusual.</param>
public readonly record struct OpenAnomaly(string Host, string? Cgroup, double Score);

/// <summary>Tells which anomalies last.</summary>
public interface IAnomalySource
{
    /// <summary>Adds them to a list. Called by the thread that evaluates triggers, every few milliseconds.</summary>
    void AddOpen(List<OpenAnomaly> open);
}
