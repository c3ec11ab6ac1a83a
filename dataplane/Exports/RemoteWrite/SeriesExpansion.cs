using System.Text;
using OppTel.Exports.Push;

namespace OppTel.Exports.RemoteWrite;

/// <summary>Makes the series of remote write of points: histograms with bounds of their own become one series for each bound.</summary>
/// <param name="external">Labels that all series get, where they have none of that name.</param>
internal sealed class SeriesExpansion(IReadOnlyDictionary<string, string> external)
{
    private const string NameLabel = "__name__";

    /// <summary>Native histograms have at least one bucket for 16 powers of two.</summary>
    private const int CoarsestSchema = -4;

    /// <summary>All series of some points.</summary>
    /// <param name="points">The points.</param>
    /// <param name="isNative">Whether exponential histograms stay what they are; otherwise each power of two is a bound.</param>
    public IEnumerable<WrittenSeries> Expand(IEnumerable<MetricPoint> points, bool isNative)
    {
        foreach (MetricPoint point in points)
        {
            if (point.Exponential is { Scale: >= CoarsestSchema } exponential && isNative)
                yield return Make(point, "", null, point.IsEnd ? WrittenSeries.StaleMarker : 0, exponential);
            else if ((point.Buckets ?? PowersOfTwo(point.Exponential)) is { } buckets)
                foreach (WrittenSeries series in ExpandBuckets(point, buckets))
                    yield return series;
            else
                yield return Make(point, "", null, point.Value);
        }
    }

    private static BoundedBuckets? PowersOfTwo(ExponentialBuckets? histogram)
    {
        if (histogram is null)
            return null;
        ClassicBuckets classic = ClassicBuckets.Of(histogram);
        return new BoundedBuckets(classic.UpperBounds, [.. classic.Counts.Select(count => (ulong)count), 0], histogram.Sum);
    }

    private IEnumerable<WrittenSeries> ExpandBuckets(MetricPoint point, BoundedBuckets buckets)
    {
        ulong total = 0;
        for (int bucket = 0; bucket < buckets.Counts.Length; bucket++)
        {
            total += buckets.Counts[bucket];
            double bound = bucket < buckets.UpperBounds.Length ? buckets.UpperBounds[bucket] : double.PositiveInfinity;
            yield return Make(point, "_bucket", Spell(bound), total);
        }

        if (buckets.Sum is { } sum)
            yield return Make(point, "_sum", null, sum);
        yield return Make(point, "_count", null, total);
    }

    /// <summary>As /metrics spells it: what is pushed and what is scraped are the same series.</summary>
    private static string Spell(double bound)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxLength];
        return Encoding.ASCII.GetString(text[..NumberText.FormatBound(bound, text)]);
    }

    private WrittenSeries Make(MetricPoint point, string suffix, string? bound, double value, ExponentialBuckets? histogram = null)
    {
        SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach ((string name, string text) in external)
            labels[name] = text;
        foreach ((string name, string text) in point.Labels)
            labels[name] = text;
        labels[NameLabel] = point.Family.Name + suffix;
        if (bound is not null)
            labels["le"] = bound;
        return new WrittenSeries(
            point.Family, [.. labels.Where(label => label.Value.Length > 0)], point.IsEnd ? WrittenSeries.StaleMarker : value, histogram, point);
    }
}
