namespace OppTel.Anomaly;

/// <summary>One time that a host or a cgroup was unusual. Times are nanoseconds of the DPU's clock.</summary>
/// <param name="Id">Counts from 1.</param>
/// <param name="Host">The host.</param>
/// <param name="Cgroup">The cgroup; null for the whole host.</param>
/// <param name="Start">The first step that was unusual.</param>
/// <param name="Detected">When it was certain enough.</param>
/// <param name="End">The last step that was unusual; null while it lasts.</param>
/// <param name="Score">The highest so far.</param>
/// <param name="Threshold">What the score usually stays below.</param>
/// <param name="Contributors">What the highest score consists of, the largest share first.</param>
public sealed record DetectedAnomaly(
    long Id, string Host, string? Cgroup, ulong Start, ulong Detected, ulong? End, double Score, double Threshold,
    IReadOnlyList<Contributor> Contributors);

/// <summary>A metric's part in an anomaly.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Labels">Labels that its series have in common, besides host and cgroup.</param>
/// <param name="Share">Of the square of the score: 0 to 1.</param>
/// <param name="Value">The gauge, or the counter's rate per second; the sum of its series.</param>
/// <param name="Expected">What it usually is.</param>
public sealed record Contributor(
    string Name, IReadOnlyList<KeyValuePair<string, string>> Labels, double Share, double Value, double Expected);

/// <summary>An anomaly has begun or ended.</summary>
/// <param name="Anomaly">As it is now.</param>
/// <param name="IsStart">Whether it has begun.</param>
public sealed record AnomalyEvent(DetectedAnomaly Anomaly, bool IsStart);
