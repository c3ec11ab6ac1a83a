using OppTel.Exports.Push;
using OppTel.Exports.RemoteWrite.Version1;
using Kind = OppTel.Catalog.Metric.Types.Kind;
using MetricType = OppTel.Exports.RemoteWrite.Version1.MetricMetadata.Types.MetricType;

namespace OppTel.Exports.RemoteWrite;

/// <summary>The message of version 1.0.</summary>
internal static class Encoder1
{
    /// <summary>A message with these series, and what their families mean.</summary>
    public static WriteRequest Encode(IEnumerable<WrittenSeries> series)
    {
        WriteRequest request = new();
        HashSet<string> families = [];
        foreach (WrittenSeries one in series)
        {
            TimeSeries made = new() { Labels = { one.Labels.Select(label => new Label { Name = label.Key, Value = label.Value }) } };
            if (one.Histogram is null)
                made.Samples.Add(new Sample { Value = one.Value, Timestamp = one.Timestamp });
            else
                made.Histograms.Add(HistogramOf(one));
            request.Timeseries.Add(made);
            if (families.Add(one.Family.Name))
                request.Metadata.Add(MetadataOf(one));
        }

        return request;
    }

    private static MetricMetadata MetadataOf(in WrittenSeries series) => new()
    {
        MetricFamilyName = series.Family.Name,
        Help = series.Family.Help,
        Unit = PrometheusUnit.Of(series.Family),
        Type = series.Family.Kind switch { Kind.Counter => MetricType.Counter, Kind.Gauge => MetricType.Gauge, _ => MetricType.Histogram },
    };

    private static Histogram HistogramOf(in WrittenSeries series)
    {
        ExponentialBuckets buckets = series.Histogram!;
        Histogram made = new() { Timestamp = series.Timestamp, Schema = buckets.Scale, ZeroThreshold = NativeBuckets.ZeroThreshold, CountInt = 0, ZeroCountInt = 0 };
        if (series.Source.IsEnd)
        {
            made.Sum = WrittenSeries.StaleMarker;
            return made;
        }

        ulong zeros = buckets.ZeroCount;
        List<(int Gap, uint Length)> positive = [], negative = [];
        new NativeBuckets(buckets.PositiveOffset, buckets.Positive, buckets.Scale, ref zeros).AddTo(positive, made.PositiveDeltas);
        new NativeBuckets(buckets.NegativeOffset, buckets.Negative, buckets.Scale, ref zeros).AddTo(negative, made.NegativeDeltas);
        made.PositiveSpans.AddRange(positive.Select(SpanOf));
        made.NegativeSpans.AddRange(negative.Select(SpanOf));
        (made.CountInt, made.ZeroCountInt, made.Sum) = (buckets.Count, zeros, buckets.Sum);
        return made;
    }

    private static BucketSpan SpanOf((int Gap, uint Length) span) => new() { Offset = span.Gap, Length = span.Length };
}
