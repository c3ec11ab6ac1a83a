namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>A number that stands for itself: a gauge, or a counter from the start of the machine.</summary>
/// <param name="Metric">Name.</param>
/// <param name="Labels">Of the series.</param>
/// <param name="Source">Name of the source.</param>
/// <param name="Crowded">Whether it is compared while the CPUs are crowded, and not after the load.</param>
/// <param name="Least">What there has to be at least.</param>
internal sealed record Level(string Metric, (string, string)[] Labels, string Source, bool Crowded = false, double Least = 0) : Row(Metric, Labels, Source)
{
    /// <inheritdoc/>
    public override IEnumerable<Verdict> Judge(Window window)
    {
        Look look = Crowded ? window.Crowd : window.After;
        yield return Compare(Series, look.Ours.Sum(Metric, Labels), [.. look.Accounts.Select(account => account.Sum(Source))], 0, Least);
    }
}
