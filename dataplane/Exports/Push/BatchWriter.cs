using OppTel.Sketches;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Push;

/// <summary>Collects what others compose into points that stay as they are, for those who send later.</summary>
/// <param name="time">Of all points, in nanoseconds of Unix time.</param>
internal sealed class BatchWriter(long time) : MetricWriter
{
    private readonly List<MetricPoint> points = [];
    private MetricFamily family = new("", "", Kind.Gauge);

    /// <summary>What was collected, in the order that it came in.</summary>
    public IReadOnlyList<MetricPoint> Points => points;

    /// <inheritdoc/>
    public override void Begin(MetricFamily family) => this.family = family;

    /// <inheritdoc/>
    public override void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) =>
        points.Add(new MetricPoint(family, labels.ToArray()) { Time = time, Value = value });

    /// <inheritdoc/>
    public override void Histogram(
        ReadOnlySpan<double> upperBounds, ReadOnlySpan<double> counts, double? sum, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        bool hasRest = !upperBounds.IsEmpty && double.IsPositiveInfinity(upperBounds[^1]);
        ulong[] whole = new ulong[counts.Length + (hasRest ? 0 : 1)];
        for (int bucket = 0; bucket < counts.Length; bucket++)
            whole[bucket] = (ulong)Math.Max(0, counts[bucket]);
        double[] bounds = (hasRest ? upperBounds[..^1] : upperBounds).ToArray();
        points.Add(new MetricPoint(family, labels.ToArray()) { Time = time, Buckets = new BoundedBuckets(bounds, whole, sum) });
    }

    /// <inheritdoc/>
    public override void Histogram(
        ExponentialHistogram histogram, ReadOnlySpan<Exemplar> exemplars, params ReadOnlySpan<(string Name, string Value)> labels) =>
        points.Add(new MetricPoint(family, labels.ToArray())
        {
            Time = time,
            Exponential = ExponentialBuckets.Of(histogram),
            Exemplars = exemplars.ToArray(),
        });
}
