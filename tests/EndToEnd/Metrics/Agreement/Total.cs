namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>A counter: what it grew by from the first look to the last.</summary>
/// <param name="Metric">Name.</param>
/// <param name="Labels">Of the series.</param>
/// <param name="Source">Name of the source.</param>
/// <param name="Least">What the load has to cause at least.</param>
/// <param name="Unit">Step in which the source counts.</param>
internal sealed record Total(string Metric, (string, string)[] Labels, string Source, double Least = 1, double Unit = 0) : Row(Metric, Labels, Source)
{
    /// <inheritdoc/>
    public override IEnumerable<Verdict> Judge(Window window)
    {
        double[] Of(Look look) => [look.Accounts[0].Sum(Source), look.Accounts[^1].Sum(Source)];
        double[] before = Of(window.Before), after = Of(window.After);
        double ours = window.After.Ours.Sum(Metric, Labels) - window.Before.Ours.Sum(Metric, Labels);
        yield return Compare(Series, ours, [after[0] - before[1], after[1] - before[0]], Unit, Least);
    }
}
