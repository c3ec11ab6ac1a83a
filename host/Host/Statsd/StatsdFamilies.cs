using OppTel.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Statsd;

/// <summary>Metric names that scripts have used, each with the one type that it keeps.</summary>
/// <param name="most">Most of them.</param>
internal sealed class StatsdFamilies(int most)
{
    private const string Help = "From StatsD lines on this host.";
    private const double ThousandthsOfAUnit = 1e-3;
    private readonly DeclaredFamilies families = new(most);
    private readonly Dictionary<string, (StatsdType Type, Metric? Metric)> known = new(StringComparer.Ordinal);

    /// <summary>Finds or defines the metric of a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="store">Gives new metrics their ids.</param>
    /// <param name="metric">The metric.</param>
    /// <returns>Why there is none; null when there is.</returns>
    public string? Find(StatsdLine line, ISlotStore store, out Metric? metric)
    {
        metric = null;
        string name = PrometheusName(line);
        if (name.Length > 128)
            return "long_name";
        if (known.TryGetValue(name, out (StatsdType Type, Metric? Metric) family))
        {
            metric = family.Metric;
            return family.Type == line.Type ? null : "other_type";
        }

        switch (families.Find(Make(name, line.Type), store, out metric))
        {
            case FamilyVerdict.Found:
                known[name] = (line.Type, metric);
                return null;
            case FamilyVerdict.Reserved:
                return "reserved_name";
            default:
                return "too_many_names";
        }
    }

    /// <summary>Letters, digits and underscores; what else a name has becomes an underscore.</summary>
    public static string Spell(string name) =>
        string.Concat((char.IsAsciiDigit(name[0]) ? "_" : "").Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_')));

    private static string PrometheusName(StatsdLine line)
    {
        string name = Spell(line.Name);
        return line.Type switch
        {
            StatsdType.Counter => name.EndsWith("_total", StringComparison.Ordinal) ? name : name + "_total",
            StatsdType.Timer => name.EndsWith("_seconds", StringComparison.Ordinal) ? name : name + "_seconds",
            _ => DeclaredFamilies.HasDerivedEnding(name) ? name + "_value" : name,
        };
    }

    private static Metric Make(string name, StatsdType type)
    {
        Metric metric = type switch
        {
            StatsdType.Counter => SlotMetrics.Counter(name, Help),
            StatsdType.Gauge => SlotMetrics.Gauge(name, Help),
            _ => SlotMetrics.Histogram(name, Help),
        };
        if (type == StatsdType.Gauge)
            metric.Encoding = Metric.Types.Encoding.Double;
        if (type == StatsdType.Histogram)
            metric.LogLinear.Unit = ThousandthsOfAUnit;
        return metric;
    }
}
