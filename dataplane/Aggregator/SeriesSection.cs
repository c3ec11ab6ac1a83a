using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator;

/// <summary>The part of the exposition that hosts define through their catalogs.</summary>
internal static class SeriesSection
{
    /// <summary>Writes every series that has a value.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="series">In any order.</param>
    /// <param name="oldest">CLOCK_BOOTTIME ns: series of hosts that have been silent since are left out, as they would look alive.</param>
    public static void Write(ExpositionWriter writer, IReadOnlyList<Series> series, ulong oldest)
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

    private static void Begin(ExpositionWriter writer, MetricFamily wanted, ref MetricFamily? current)
    {
        if (current == wanted)
            return;
        writer.Begin(wanted);
        current = wanted;
    }

    /// <summary>
    /// Writes one histogram; its slots count each bucket by itself. One that lacks a bucket is left out: its sums would be wrong.
    /// </summary>
    private static void Flush(ExpositionWriter writer, List<Series> buckets, ref MetricFamily? family)
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
            (string, string)[] labels = LabelsOf(buckets[0]);
            double sum = 0;
            for (int index = 0; index < buckets.Count; index++)
            {
                sum += values[index].Value;
                writer.Sample("_bucket", sum, [.. labels, ("le", ExpositionWriter.Number(buckets[index].UpperBound))]);
            }

            if (!double.IsPositiveInfinity(buckets[^1].UpperBound))
                writer.Sample("_bucket", sum, [.. labels, ("le", "+Inf")]);
            if (total is not null && total.TryRead(out SeriesValue totalValue))
                writer.Sample("_sum", totalValue.Value, labels);
            writer.Sample("_count", sum, labels);
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
