using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Anomaly;

/// <summary>
/// One dimension of a model: a gauge, or the rate of a counter, added up over series. What is learned of it is a scale on which what is
/// usual has about the same width everywhere: memory as it is, CPU time and queues as their roots, and rates of events, bytes and
/// waiting, whose bursts have no bounds, as logarithms.
/// </summary>
internal sealed class Feature
{
    private const double RootFloor = 0.35;

    private readonly Scale scale;
    private readonly double immaterial;

    /// <summary>A feature.</summary>
    /// <param name="name">The metric's.</param>
    /// <param name="labels">What its series have in common.</param>
    /// <param name="kind">Counter or gauge.</param>
    /// <param name="step">Seconds between two looks.</param>
    public Feature(string name, IReadOnlyList<KeyValuePair<string, string>> labels, Kind kind, double step)
    {
        Name = name;
        Labels = labels;
        (scale, immaterial) = ScaleOf(name, kind, step);
    }

    private enum Scale
    {
        Linear,
        Root,
        Logarithm,
    }

    public string Name { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; }

    /// <summary>What is learned of a value.</summary>
    public double Transform(double value) => Math.CopySign(Compress(Math.Abs(value)), value);

    /// <summary>The value that was transformed to this.</summary>
    public double Restore(double transformed) => Math.CopySign(Expand(Math.Abs(transformed)), transformed);

    /// <summary>The least standard deviation: what is quiet must not alarm at the first little thing.</summary>
    /// <param name="mean">Of the transformed values.</param>
    public double Floor(double mean) => scale switch
    {
        Scale.Linear => Math.Max(immaterial, 0.005 * Math.Abs(mean)),
        Scale.Root => RootFloor * Math.Sqrt(immaterial),
        _ => 0.5,
    };

    /// <summary>The labels of a series that a rule tells features apart by.</summary>
    public static KeyValuePair<string, string>[] LabelsOf(Series series, MetricRule rule) =>
        [.. series.Labels.Where(label => rule.Labels.Contains(label.Key))];

    private double Compress(double value) => scale switch
    {
        Scale.Linear => value,
        Scale.Root => Math.Sqrt(value),
        _ => Math.Log(1 + (value / immaterial)),
    };

    private double Expand(double value) => scale switch
    {
        Scale.Linear => value,
        Scale.Root => value * value,
        _ => (Math.Exp(value) - 1) * immaterial,
    };

    /// <summary>The scale, and the value that nobody has to hear of.</summary>
    private static (Scale Scale, double Immaterial) ScaleOf(string name, Kind kind, double step)
    {
        if (kind == Kind.Gauge)
            return name.EndsWith("_bytes", StringComparison.Ordinal) ? (Scale.Linear, 16 << 20) : (Scale.Root, 2);
        if (name.EndsWith("cpu_time_seconds_total", StringComparison.Ordinal))
            return (Scale.Root, 0.05);
        // What a task waits for others is less than what it does.
        if (name.EndsWith("runqueue_delay_seconds_total", StringComparison.Ordinal))
            return (Scale.Logarithm, 0.2);
        if (name.EndsWith("_seconds_total", StringComparison.Ordinal))
            return (Scale.Logarithm, 0.05);
        return (Scale.Logarithm, (name.EndsWith("_bytes_total", StringComparison.Ordinal) ? 16 << 10 : 4) / step);
    }
}
