using OppTel.Exports.Push;
using OppTel.Sketches;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests;

/// <summary>Points to export.</summary>
internal static class Points
{
    public const long Second = 1_000_000_000;

    public static long Now { get; } = UnixNanoseconds.Of(DateTimeOffset.UtcNow);

    public static MetricFamily Family(string name, Kind kind) => new(name, $"Help of {name}.", kind);

    /// <summary>What a composer writes, collected.</summary>
    public static IReadOnlyList<MetricPoint> Collect(Action<MetricWriter> compose, long? time = null)
    {
        BatchWriter writer = new(time ?? Now);
        compose(writer);
        return writer.Points;
    }

    public static MetricPoint One(string name, Kind kind, double value, params (string, string)[] labels) =>
        new(Family(name, kind), labels) { Time = Now, FirstSeen = Now, Value = value };

    public static MetricPoint One(string name, ExponentialHistogram histogram, params (string, string)[] labels) =>
        new(Family(name, Kind.HistogramBucket), labels) { Time = Now, FirstSeen = Now, Exponential = ExponentialBuckets.Of(histogram) };

    /// <summary>One of each kind, of one host and of the aggregator.</summary>
    public static void ComposeAll(MetricWriter writer)
    {
        writer.Begin(Family("process_cpu_time_seconds_total", Kind.Counter));
        writer.Sample(1.5, ("cgroup", "/a.slice"), ("host", "alpha"), ("process_executable_name", "nginx"), ("process_pid", "42"));
        writer.Begin(Family("system_memory_usage_bytes", Kind.Gauge));
        writer.Sample(4096, ("host", "beta"), ("system_memory_state", "free"));
        writer.Begin(Family("opptel_runqueue_length", Kind.Gauge));
        writer.Sample(3, ("cpu", "1"), ("host", "alpha"));
        writer.Begin(Family("opptel_runqueue_wait_seconds", Kind.HistogramBucket));
        writer.Histogram([0.001, 0.01, double.PositiveInfinity], [5, 3, 1], 0.25, ("host", "alpha"));
        writer.Begin(Family("opptel_records_total", Kind.Counter));
        writer.Sample(7, ("host", "alpha"));
        writer.Begin(Family("opptel_record_age_seconds", Kind.HistogramBucket));
        writer.Histogram(Sketch(0.25, 0.5, 0.5, 0, -2), [new Exemplar(0.5, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), [("stream", "1"), ("seq", "9")])], ("host", "alpha"));
    }

    public static MetricSource Source(Action<MetricWriter>? compose = null) => new()
    {
        Compose = compose ?? ComposeAll,
        OwnFamilies = new HashSet<string> { "opptel_records_total", "opptel_record_age_seconds" },
        Version = "1.2.3",
    };

    public static ExponentialHistogram Sketch(params ReadOnlySpan<double> values)
    {
        ExponentialHistogram sketch = new();
        foreach (double value in values)
            sketch.Record(value);
        return sketch;
    }
}
