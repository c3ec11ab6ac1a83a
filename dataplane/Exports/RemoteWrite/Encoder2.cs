using OppTel.Exports.Push;
using OppTel.Exports.RemoteWrite.Version2;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;
using MetricType = OppTel.Exports.RemoteWrite.Version2.Metadata.Types.MetricType;

namespace OppTel.Exports.RemoteWrite;

/// <summary>The message of version 2.0: each text stands in it once.</summary>
internal sealed class Encoder2
{
    private readonly Dictionary<string, uint> symbols = new(StringComparer.Ordinal) { [""] = 0 };
    private readonly Request request = new() { Symbols = { "" } };

    private Encoder2()
    {
    }

    /// <summary>A message with these series.</summary>
    public static Request Encode(IEnumerable<WrittenSeries> series)
    {
        Encoder2 encoder = new();
        foreach (WrittenSeries one in series)
            encoder.Add(one);
        return encoder.request;
    }

    private void Add(in WrittenSeries series)
    {
        TimeSeries made = new() { Metadata = MetadataOf(series.Family) };
        foreach ((string name, string value) in series.Labels)
        {
            made.LabelsRefs.Add(Symbol(name));
            made.LabelsRefs.Add(Symbol(value));
        }

        if (series.Histogram is null)
            made.Samples.Add(new Sample { Value = series.Value, Timestamp = series.Timestamp, StartTimestamp = series.Start });
        else
            made.Histograms.Add(HistogramOf(series));
        // Exemplars of a histogram in many series belong to the bucket that they fell into: only the whole histogram takes them here.
        if (series.Histogram is not null)
            made.Exemplars.AddRange(series.Source.Exemplars.Select(ExemplarOf));
        request.Timeseries.Add(made);
    }

    private Metadata MetadataOf(MetricFamily family) => new()
    {
        HelpRef = Symbol(family.Help),
        UnitRef = Symbol(PrometheusUnit.Of(family)),
        Type = family.Kind switch { Kind.Counter => MetricType.Counter, Kind.Gauge => MetricType.Gauge, _ => MetricType.Histogram },
    };

    private Version2.Exemplar ExemplarOf(Exemplar exemplar)
    {
        Version2.Exemplar made = new() { Value = exemplar.Value, Timestamp = exemplar.Time.ToUnixTimeMilliseconds() };
        foreach ((string name, string value) in exemplar.Labels.OrderBy(label => label.Name, StringComparer.Ordinal))
        {
            made.LabelsRefs.Add(Symbol(name));
            made.LabelsRefs.Add(Symbol(value));
        }

        return made;
    }

    private uint Symbol(string text)
    {
        if (symbols.TryGetValue(text, out uint number))
            return number;
        number = (uint)request.Symbols.Count;
        request.Symbols.Add(text);
        symbols.Add(text, number);
        return number;
    }

    private static Histogram HistogramOf(in WrittenSeries series)
    {
        ExponentialBuckets buckets = series.Histogram!;
        Histogram made = new() { Timestamp = series.Timestamp, StartTimestamp = series.Start, Schema = buckets.Scale, ZeroThreshold = NativeBuckets.ZeroThreshold, CountInt = 0, ZeroCountInt = 0 };
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
