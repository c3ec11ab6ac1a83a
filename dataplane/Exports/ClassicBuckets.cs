using OppTel.Exports.Push;
using OppTel.Sketches;

namespace OppTel.Exports;

/// <summary>
/// An exponential histogram as one bucket for each power of two, for formats and readers that know no other kind. The powers between the
/// first and the last one counted are all there: a bucket that came only when it is first counted would have no rate until then.
/// </summary>
/// <param name="UpperBounds">Inclusive; they grow.</param>
/// <param name="Counts">Of each bucket by itself.</param>
internal sealed record ClassicBuckets(double[] UpperBounds, double[] Counts)
{
    /// <summary>The same observations, coarser.</summary>
    public static ClassicBuckets Of(ExponentialHistogram histogram) => Of(ExponentialBuckets.Of(histogram));

    /// <summary>As above.</summary>
    public static ClassicBuckets Of(ExponentialBuckets histogram)
    {
        List<double> bounds = [], counts = [];
        AddNegative(histogram, bounds, counts);
        if (histogram.ZeroCount > 0)
            Add(bounds, counts, 0, histogram.ZeroCount);
        AddPositive(histogram, bounds, counts);
        return new ClassicBuckets([.. bounds], [.. counts]);
    }

    private static void AddPositive(ExponentialBuckets histogram, List<double> bounds, List<double> counts)
    {
        ReadOnlySpan<ulong> buckets = histogram.Positive;
        // An empty one first, or PromQL would take the lowest values to lie anywhere down to 0.
        if (!buckets.IsEmpty)
            Add(bounds, counts, Math.ScaleB(1, PowerOf(histogram.PositiveOffset, histogram.Scale, up: false)), 0);
        for (int bucket = 0; bucket < buckets.Length; bucket++)
            Add(bounds, counts, Math.ScaleB(1, PowerOf(histogram.PositiveOffset + bucket + 1, histogram.Scale, up: true)), buckets[bucket]);
    }

    private static void AddNegative(ExponentialBuckets histogram, List<double> bounds, List<double> counts)
    {
        ReadOnlySpan<ulong> buckets = histogram.Negative;
        // Of a negative bucket, the side nearer to zero is the upper one.
        for (int bucket = buckets.Length - 1; bucket >= 0; bucket--)
            Add(bounds, counts, -Math.ScaleB(1, PowerOf(histogram.NegativeOffset + bucket, histogram.Scale, up: false)), buckets[bucket]);
    }

    /// <summary>The power of two at or next to a bucket's bound.</summary>
    private static int PowerOf(int bound, int scale, bool up) =>
        scale < 0 ? bound << -scale : up ? -(-bound >> scale) : bound >> scale;

    private static void Add(List<double> bounds, List<double> counts, double bound, ulong count)
    {
        if (bounds.Count > 0 && bounds[^1] == bound)
        {
            counts[^1] += count;
            return;
        }

        bounds.Add(bound);
        counts.Add(count);
    }
}
