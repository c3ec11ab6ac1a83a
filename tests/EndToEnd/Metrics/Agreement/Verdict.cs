namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>What one row says of one window.</summary>
/// <param name="What">Metric, labels, and what of it was compared.</param>
/// <param name="Source">Who was asked besides.</param>
/// <param name="Ours">What the DPU says.</param>
/// <param name="Theirs">What the source says.</param>
/// <param name="Deviation">Of ours from theirs, as text.</param>
/// <param name="Trouble">Why they do not agree; empty when they do.</param>
internal sealed record Verdict(string What, string Source, double Ours, double Theirs, string Deviation, string Trouble);
