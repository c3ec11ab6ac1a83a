using OppTel.Exports;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Exposition;

/// <summary>The part of the exposition that hosts define through their catalogs.</summary>
internal static class SeriesSection
{
    /// <summary>Writes every series that has a value.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="series">In any order.</param>
    /// <param name="oldest">CLOCK_BOOTTIME ns: series of hosts that have been silent since are left out, as they would look alive.</param>
    public static void Write(MetricWriter writer, IReadOnlyList<Series> series, ulong oldest)
    {
        MetricFamily? family = null;
        List<Series> buckets = [];
        foreach (Series entry in series.Where(entry => entry.Host.LastArrival >= oldest).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (entry.Family.Kind == Kind.HistogramBucket)
            {
                if (buckets.Count > 0 && !AreSiblings(buckets[0], entry))
                    Flush(writer, buckets, ref family);
                buckets.Add(entry);
            }
            else if (entry.TryRead(out SeriesValue value))
            {
                Flush(writer, buckets, ref family);
                Begin(writer, entry.Family, ref family);
                writer.Sample(value.Value, LabelsOf(entry));
            }
        }

        Flush(writer, buckets, ref family);
    }

    private static void Begin(MetricWriter writer, MetricFamily wanted, ref MetricFamily? current)
    {
        if (current == wanted)
            return;
        writer.Begin(wanted);
        current = wanted;
    }

    /// <summary>
    /// Writes one histogram; its slots count each bucket by itself. One that lacks a bucket is left out: its sums would be wrong.
    /// </summary>
    private static void Flush(MetricWriter writer, List<Series> buckets, ref MetricFamily? family)
    {
        Series? total = TakeSum(buckets);
        SeriesValue[] values = new SeriesValue[buckets.Count];
        buckets.Sort((left, right) => left.UpperBound.CompareTo(right.UpperBound));
        bool isComplete = buckets.Count > 0;
        for (int index = 0; index < buckets.Count; index++)
            isComplete &= buckets[index].TryRead(out values[index]);
        if (isComplete)
        {
            Begin(writer, buckets[0].Family, ref family);
            double[] bounds = [.. buckets.Select(bucket => bucket.UpperBound)], counts = [.. values.Select(value => value.Value)];
            double? sum = total is not null && total.TryRead(out SeriesValue known) ? known.Value : null;
            writer.Histogram(bounds, counts, sum, LabelsOf(buckets[0]));
        }

        buckets.Clear();
    }

    /// <summary>Not every histogram has a sum.</summary>
    private static Series? TakeSum(List<Series> buckets)
    {
        Series? sum = buckets.Find(bucket => bucket.IsSum);
        if (sum is not null)
            buckets.Remove(sum);
        return sum;
    }

    private static bool AreSiblings(Series left, Series right) =>
        left.Family == right.Family && left.Labels.SequenceEqual(right.Labels);

    private static (string, string)[] LabelsOf(Series series) => [.. series.Labels.Select(label => (label.Key, label.Value))];
}
