using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Anomaly;

/// <summary>
/// One dimension of a model: a gauge, or the rate of a counter, added up over series. Rates and lengths of queues are learned as their
/// roots, whose variance grows less with the load (that of counted events not at all); memory is learned as it is.
/// </summary>
internal sealed class Feature
{
    /// <summary>Bytes of memory whose coming and going is nothing unusual.</summary>
    private const double MemoryNoise = 16 << 20;

    /// <summary>The same as a part of what there is.</summary>
    private const double RelativeMemoryNoise = 0.005;

    private readonly bool isLinear;
    private readonly double floor;

    /// <summary>A feature.</summary>
    /// <param name="name">The metric's.</param>
    /// <param name="labels">What its series have in common.</param>
    /// <param name="kind">Counter or gauge.</param>
    /// <param name="step">Seconds between two looks.</param>
    public Feature(string name, IReadOnlyList<KeyValuePair<string, string>> labels, Kind kind, double step)
    {
        Name = name;
        Labels = labels;
        isLinear = kind == Kind.Gauge && name.EndsWith("_bytes", StringComparison.Ordinal);
        floor = isLinear ? MemoryNoise : 0.5 * Math.Sqrt(Immaterial(name, kind, step));
    }

    public string Name { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; }

    /// <summary>What is learned of a value.</summary>
    public double Transform(double value) => isLinear ? value : Math.CopySign(Math.Sqrt(Math.Abs(value)), value);

    /// <summary>The value that was transformed to this.</summary>
    public double Restore(double transformed) => isLinear ? transformed : Math.CopySign(transformed * transformed, transformed);

    /// <summary>The least standard deviation: what is quiet must not alarm at the first little thing.</summary>
    /// <param name="mean">Of the transformed values.</param>
    public double Floor(double mean) => isLinear ? Math.Max(floor, RelativeMemoryNoise * mean) : floor;

    /// <summary>The rate, or length, that nobody has to hear of: 5 % of a CPU, some events or 16 KiB in a step, two in a queue.</summary>
    private static double Immaterial(string name, Kind kind, double step)
    {
        if (kind == Kind.Gauge)
            return 2;
        if (name.EndsWith("_seconds_total", StringComparison.Ordinal))
            return 0.05;
        return (name.EndsWith("_bytes_total", StringComparison.Ordinal) ? 16 << 10 : 4) / step;
    }

    /// <summary>The labels of a series that a rule tells features apart by.</summary>
    public static KeyValuePair<string, string>[] LabelsOf(Series series, MetricRule rule) =>
        [.. series.Labels.Where(label => rule.Labels.Contains(label.Key))];
}
