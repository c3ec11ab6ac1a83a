using OppTel.Bpf;
using OppTel.Catalog;

namespace OppTel.Host.Samplers;

/// <summary>Makes what the catalog says of slots.</summary>
internal static class SlotMetrics
{
    /// <summary>Raw values in nanoseconds, the metric in seconds.</summary>
    public const double Nanoseconds = 1e-9;

    /// <summary>A counter.</summary>
    /// <param name="name">Prometheus spelling.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="scale">A raw value times this is in the unit that the name says.</param>
    /// <param name="labels">Labels that every slot of this id carries.</param>
    public static Metric Counter(string name, string help, double scale = 1, params (string Name, string Value)[] labels) =>
        Make(name, help, Metric.Types.Kind.Counter, scale, labels);

    /// <summary>A gauge that is never negative.</summary>
    /// <param name="name">Prometheus spelling.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="scale">A raw value times this is in the unit that the name says.</param>
    /// <param name="labels">Labels that every slot of this id carries.</param>
    public static Metric Gauge(string name, string help, double scale = 1, params (string Name, string Value)[] labels) =>
        Make(name, help, Metric.Types.Kind.Gauge, scale, labels);

    /// <summary>A histogram of nanoseconds, in seconds.</summary>
    /// <param name="name">Prometheus spelling.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="labels">Labels that every bucket carries.</param>
    public static Metric Histogram(string name, string help, params (string Name, string Value)[] labels) =>
        Histogram(name, help, (int)HistogramLayout.StepBits, labels);

    /// <summary>A histogram of nanoseconds, in seconds, coarser or finer than others.</summary>
    /// <param name="name">Prometheus spelling.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="stepBits">Each power of two has this many bits' worth of buckets.</param>
    /// <param name="labels">Labels that every bucket carries.</param>
    public static Metric Histogram(string name, string help, int stepBits, params (string Name, string Value)[] labels)
    {
        Metric metric = Make(name, help, Metric.Types.Kind.HistogramBucket, 1, labels);
        metric.LogLinear = new LogLinear
        {
            LeastBits = (uint)HistogramLayout.LeastBits,
            MostBits = (uint)HistogramLayout.MostBits,
            StepBits = (uint)stepBits,
            Unit = Nanoseconds,
        };
        return metric;
    }

    private static Metric Make(string name, string help, Metric.Types.Kind kind, double scale, (string Name, string Value)[] labels)
    {
        Metric metric = new()
        {
            Name = name,
            Help = help,
            Kind = kind,
            Encoding = Metric.Types.Encoding.Unsigned,
            Scale = scale,
        };
        metric.Labels.Add(labels.ToDictionary(label => label.Name, label => label.Value));
        return metric;
    }
}
