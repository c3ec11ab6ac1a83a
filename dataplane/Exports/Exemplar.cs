namespace OppTel.Exports;

/// <summary>One observation that a histogram counted, with where it came from.</summary>
/// <param name="Value">What was observed, in the family's unit.</param>
/// <param name="Time">When, as Unix time.</param>
/// <param name="Labels">Where from; 128 characters at most in all, OpenMetrics says.</param>
public readonly record struct Exemplar(double Value, DateTimeOffset Time, IReadOnlyList<(string Name, string Value)> Labels);
