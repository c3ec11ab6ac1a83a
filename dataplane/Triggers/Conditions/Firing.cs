namespace OppTel.Triggers.Conditions;

/// <summary>A trigger fired.</summary>
/// <param name="Trigger">Its number among the rules.</param>
/// <param name="Time">The DPU's clock, in nanoseconds.</param>
/// <param name="Host">For which host.</param>
/// <param name="Metric">The metric; null for an anomaly.</param>
/// <param name="Value">The value, rate or score that is furthest beyond the limit.</param>
/// <param name="Labels">Of its series besides the host, or its cgroup.</param>
public sealed record Firing(
    int Trigger, ulong Time, string Host, string? Metric, double Value, IReadOnlyList<KeyValuePair<string, string>> Labels);
