namespace OppTel.Sketches;

/// <summary>Quantiles out of the buckets of a histogram.</summary>
internal static class Quantiles
{
    /// <summary>See <see cref="ExponentialHistogram.Quantile"/>.</summary>
    public static double Of(ExponentialHistogram histogram, double share)
    {
        ulong count = histogram.Count;
        if (count == 0)
            return double.NaN;
        double rank = Math.Clamp(Math.Ceiling(share * count), 1, count);
        if (rank <= 1)
            return histogram.Min;
        return rank >= count ? histogram.Max : Math.Clamp(Within(histogram, rank), histogram.Min, histogram.Max);
    }

    private static double Within(ExponentialHistogram histogram, double rank)
    {
        double passed = 0;
        ReadOnlySpan<ulong> counts = histogram.NegativeCounts;
        for (int bucket = counts.Length - 1; bucket >= 0; bucket--)
        {
            if ((passed += counts[bucket]) >= rank)
                return -Centre(histogram.NegativeOffset + bucket, histogram.Scale);
        }

        if ((passed += histogram.ZeroCount) >= rank)
            return 0;
        counts = histogram.PositiveCounts;
        for (int bucket = 0; bucket < counts.Length; bucket++)
        {
            if ((passed += counts[bucket]) >= rank)
                return Centre(histogram.PositiveOffset + bucket, histogram.Scale);
        }

        return histogram.Max;
    }

    /// <summary>The value from which no value of the bucket differs by more than the bound, relative to itself: the harmonic mean of its bounds.</summary>
    private static double Centre(int index, int scale) =>
        // The quotient first: twice the bound of a bucket near the largest double is infinite.
        ExponentialHistogram.LowerBound(index, scale) * (2 / (1 + ExponentialHistogram.LowerBound(-1, scale)));
}
