namespace OppTel.Telemetry;

/// <summary>Counts the series of each metric of each host against their bound; each bucket of a histogram by itself.</summary>
/// <param name="limit">Most series of one metric of one host.</param>
internal sealed class SeriesCardinality(int limit)
{
    /// <summary>Endings of gauges' names whose values add up to something: amounts, not shares, limits or temperatures.</summary>
    private static readonly string[] AdditiveUnits =
        ["_bytes", "_packets", "_connections", "_length", "_watts", "_bytes_per_second"];

    private readonly Dictionary<Cell, int> counts = [];

    /// <summary>Counts a series; false, and not counted, when there are too many.</summary>
    public bool TryEnter(Series series)
    {
        Cell cell = CellOf(series);
        int count = counts.GetValueOrDefault(cell);
        if (count >= limit)
            return false;
        counts[cell] = count + 1;
        return true;
    }

    /// <summary>One that was counted is gone.</summary>
    public void Leave(Series series)
    {
        Cell cell = CellOf(series);
        if (--counts[cell] == 0)
            counts.Remove(cell);
    }

    /// <summary>Whether the sum of such series says something.</summary>
    public static bool CanAdd(MetricFamily family) =>
        family.Kind != Catalog.Metric.Types.Kind.Gauge
        || (AdditiveUnits.Any(unit => family.Name.EndsWith(unit, StringComparison.Ordinal))
            && !family.Name.Contains("_limit_", StringComparison.Ordinal));

    private static Cell CellOf(Series series) => new(series.Host.Name, series.Family.Name, series.UpperBound, series.IsSum);

    private readonly record struct Cell(string Host, string Family, double Bound, bool IsSum);
}
