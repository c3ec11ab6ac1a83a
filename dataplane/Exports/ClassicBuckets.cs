using OppTel.Sketches;

namespace OppTel.Exports;

/// <summary>An exponential histogram as one bucket for each power of two, for formats and readers that know no other kind.</summary>
/// <param name="UpperBounds">Inclusive; they grow.</param>
/// <param name="Counts">Of each bucket by itself.</param>
internal sealed record ClassicBuckets(double[] UpperBounds, double[] Counts)
{
    /// <summary>The same observations, coarser.</summary>
    public static ClassicBuckets Of(ExponentialHistogram histogram)
    {
        SortedDictionary<double, double> counts = [];
        Add(counts, histogram.NegativeOffset, histogram.NegativeCounts, histogram.Scale, isNegative: true);
        if (histogram.ZeroCount > 0)
            counts[0] = counts.GetValueOrDefault(0) + histogram.ZeroCount;
        Add(counts, histogram.PositiveOffset, histogram.PositiveCounts, histogram.Scale, isNegative: false);
        return new ClassicBuckets([.. counts.Keys], [.. counts.Values]);
    }

    private static void Add(SortedDictionary<double, double> counts, int offset, ReadOnlySpan<ulong> buckets, int scale, bool isNegative)
    {
        for (int bucket = 0; bucket < buckets.Length; bucket++)
        {
            if (buckets[bucket] == 0)
                continue;
            int power = scale >= 0 ? (offset + bucket) >> scale : (offset + bucket) << -scale;
            // Of a negative bucket, the side nearer to zero is the upper one.
            double bound = isNegative ? -Math.ScaleB(1, power) : Math.ScaleB(1, scale >= 0 ? power + 1 : power + (1 << -scale));
            counts[bound] = counts.GetValueOrDefault(bound) + buckets[bucket];
        }
    }
}
