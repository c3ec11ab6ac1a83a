namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>One line of the table: a metric and the source that it has to agree with.</summary>
/// <param name="Metric">Name.</param>
/// <param name="Labels">Of the series; those that have more labels are added up.</param>
/// <param name="Source">Name of the source.</param>
internal abstract record Row(string Metric, (string Name, string Value)[] Labels, string Source)
{
    /// <summary>Part of a total by which it may be wrong.</summary>
    protected const double Tolerance = 0.02;

    /// <summary>Metric and labels as people write them.</summary>
    protected string Series => Labels.Length == 0 ? Metric : $"{Metric}{{{string.Join(',', Labels.Select(label => $"{label.Name}={label.Value}"))}}}";

    /// <summary>Compares.</summary>
    public abstract IEnumerable<Verdict> Judge(Window window);

    /// <summary>
    /// Compares a number with the range in which the source moved while ours was on its way: ours is read up to a second before
    /// it leaves, and others use the machine meanwhile.
    /// </summary>
    protected Verdict Compare(string what, double ours, double[] theirs, double unit, double least)
    {
        double low = theirs.Min(), high = theirs.Max(), middle = (low + high) / 2;
        double off = Math.Max(0, Math.Max(low - ours, ours - high));
        double allowed = (Tolerance * Math.Abs(middle)) + unit;
        string trouble = off > allowed ? "does not agree" : high < least ? $"the load did not cause {least}" : "";
        return new Verdict(what, Source, ours, middle, $"{(middle == 0 ? off : off / Math.Abs(middle)):P2}", trouble);
    }
}
