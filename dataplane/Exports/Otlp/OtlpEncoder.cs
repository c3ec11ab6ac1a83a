using System.Globalization;
using OppTel.Exports.Otlp.Protocol;
using OppTel.Exports.Push;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Otlp;

/// <summary>Makes requests of points: one resource for each host, and one for the aggregator with what it counts itself.</summary>
/// <param name="source">Says what is the aggregator's own.</param>
/// <param name="resource">Attributes of the aggregator.</param>
internal sealed class OtlpEncoder(MetricSource source, IReadOnlyDictionary<string, string> resource)
{
    /// <summary>A data point without a value: the series has ended.</summary>
    private const uint NoRecordedValue = 1;

    /// <summary>A request with all points.</summary>
    public ExportMetricsServiceRequest Encode(IReadOnlyList<MetricPoint> points)
    {
        ExportMetricsServiceRequest request = new();
        foreach (IGrouping<string?, MetricPoint> host in points.GroupBy(HostOf))
        {
            ScopeMetrics scope = new() { Scope = new InstrumentationScope { Name = "opptel", Version = source.Version } };
            foreach (IGrouping<MetricFamily, MetricPoint> family in host.GroupBy(point => point.Family))
                AddMetrics(scope, family, host.Key is null);
            request.ResourceMetrics.Add(new ResourceMetrics { Resource = ResourceOf(host.Key), ScopeMetrics = { scope } });
        }

        return request;
    }

    /// <summary>The host whose metric it is; null for what the aggregator counts, of hosts too.</summary>
    private string? HostOf(MetricPoint point) =>
        source.OwnFamilies.Contains(point.Family.Name) ? null : Array.Find(point.Labels, label => label.Name == "host").Value;

    private Resource ResourceOf(string? host)
    {
        Resource made = new();
        if (host is not null)
            made.Attributes.Add(SemanticAttributes.Text("host.name", host));
        else
            made.Attributes.Add(resource.Select(entry => SemanticAttributes.Text(entry.Key, entry.Value)));
        return made;
    }

    /// <summary>A family may have histograms of both kinds: each is a metric by itself.</summary>
    private static void AddMetrics(ScopeMetrics scope, IGrouping<MetricFamily, MetricPoint> points, bool isOwn)
    {
        SemanticMetric meaning = SemanticNames.Of(points.Key);
        foreach (IGrouping<bool, MetricPoint> part in points.GroupBy(point => point.Exponential is not null))
        {
            Metric metric = new() { Name = meaning.Name, Description = points.Key.Help, Unit = meaning.Unit };
            IEnumerable<(MetricPoint Point, IEnumerable<KeyValue> Attributes)> attributed = part.Select(point => (point, AttributesOf(point, meaning, isOwn)));
            if (part.Key)
                metric.ExponentialHistogram = new ExponentialHistogram { AggregationTemporality = AggregationTemporality.Cumulative, DataPoints = { attributed.Select(Exponential) } };
            else if (points.Key.Kind is Kind.HistogramBucket)
                metric.Histogram = new Histogram { AggregationTemporality = AggregationTemporality.Cumulative, DataPoints = { attributed.Select(Bounded) } };
            else if (points.Key.Kind == Kind.Counter || meaning.IsAdditive)
                metric.Sum = new Sum { AggregationTemporality = AggregationTemporality.Cumulative, IsMonotonic = points.Key.Kind == Kind.Counter, DataPoints = { attributed.Select(entry => Number(entry.Point, entry.Attributes, meaning, hasStart: true)) } };
            else
                metric.Gauge = new Gauge { DataPoints = { attributed.Select(entry => Number(entry.Point, entry.Attributes, meaning, hasStart: false)) } };
            scope.Metrics.Add(metric);
        }
    }

    private static IEnumerable<KeyValue> AttributesOf(MetricPoint point, SemanticMetric meaning, bool isOwn)
    {
        bool isOpptel = meaning.Name.StartsWith("opptel.", StringComparison.Ordinal);
        foreach ((string name, string value) in point.Labels)
        {
            // The resource says it.
            if (name != "host" || isOwn)
                yield return SemanticAttributes.Of(name, value, isOpptel);
        }

        if (meaning.Name.StartsWith("hw.", StringComparison.Ordinal))
            yield return SemanticAttributes.Text("hw.type", "gpu");
    }

    private static NumberDataPoint Number(MetricPoint point, IEnumerable<KeyValue> attributes, SemanticMetric meaning, bool hasStart)
    {
        NumberDataPoint made = new() { TimeUnixNano = (ulong)point.Time, Attributes = { attributes } };
        if (hasStart)
            made.StartTimeUnixNano = StartOf(point);
        if (point.IsEnd)
            made.Flags = NoRecordedValue;
        else if (meaning.IsWhole)
            made.AsInt = (long)point.Value;
        else
            made.AsDouble = point.Value;
        return made;
    }

    private static HistogramDataPoint Bounded((MetricPoint Point, IEnumerable<KeyValue> Attributes) entry)
    {
        HistogramDataPoint made = new() { TimeUnixNano = (ulong)entry.Point.Time, StartTimeUnixNano = StartOf(entry.Point), Attributes = { entry.Attributes } };
        if (entry.Point.IsEnd)
        {
            made.Flags = NoRecordedValue;
            return made;
        }

        BoundedBuckets buckets = entry.Point.Buckets!;
        made.Count = buckets.Count;
        made.ExplicitBounds.AddRange(buckets.UpperBounds);
        made.BucketCounts.AddRange(buckets.Counts);
        made.Exemplars.AddRange(entry.Point.Exemplars.Select(ExemplarOf));
        if (buckets.Sum is { } sum)
            made.Sum = sum;
        return made;
    }

    private static ExponentialHistogramDataPoint Exponential((MetricPoint Point, IEnumerable<KeyValue> Attributes) entry)
    {
        ExponentialHistogramDataPoint made = new() { TimeUnixNano = (ulong)entry.Point.Time, StartTimeUnixNano = StartOf(entry.Point), Attributes = { entry.Attributes } };
        if (entry.Point.IsEnd)
        {
            made.Flags = NoRecordedValue;
            return made;
        }

        ExponentialBuckets buckets = entry.Point.Exponential!;
        made.Count = buckets.Count;
        made.Sum = buckets.Sum;
        made.Scale = buckets.Scale;
        made.ZeroCount = buckets.ZeroCount;
        made.Positive = new() { Offset = buckets.PositiveOffset, BucketCounts = { buckets.Positive } };
        made.Negative = new() { Offset = buckets.NegativeOffset, BucketCounts = { buckets.Negative } };
        made.Exemplars.AddRange(entry.Point.Exemplars.Select(ExemplarOf));
        if (buckets.Count > 0)
            (made.Min, made.Max) = (buckets.Min, buckets.Max);
        return made;
    }

    /// <summary>
    /// Where nobody knows when a counter began, the data model says to take the time of the first point, which then tells of no time at
    /// all, and to leave the values as they are.
    /// </summary>
    private static ulong StartOf(MetricPoint point) => (ulong)(point.Start ?? point.FirstSeen);

    private static Protocol.Exemplar ExemplarOf(Exemplar exemplar) => new()
    {
        TimeUnixNano = (ulong)UnixNanoseconds.Of(exemplar.Time),
        AsDouble = exemplar.Value,
        FilteredAttributes = { exemplar.Labels.Select(label => SemanticAttributes.Of(label.Name, label.Value.ToString(CultureInfo.InvariantCulture), isOwn: true)) },
    };
}
