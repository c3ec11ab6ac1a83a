namespace OppTel.Exports.Otlp;

/// <summary>What OpenTelemetry calls a metric.</summary>
/// <param name="Name">Dotted.</param>
/// <param name="Unit">In UCUM; empty for unknown.</param>
/// <param name="IsWhole">Values are whole numbers.</param>
/// <param name="IsAdditive">An amount that goes up and down and that can be summed up (an UpDownCounter), where it is not a counter.</param>
internal sealed record SemanticMetric(string Name, string Unit, bool IsWhole, bool IsAdditive);
