namespace OppTel.Sketches.Tests.Histograms;

/// <summary>Histograms of values, and what has to be true of them.</summary>
internal static class Histogram
{
    public static ExponentialHistogram Of(IEnumerable<double> values, int maxBuckets = 160)
    {
        ExponentialHistogram histogram = new(maxBuckets);
        foreach (double value in values)
            histogram.Record(value);
        return histogram;
    }

    /// <summary>Holds all buckets against the values that were counted.</summary>
    public static void AssertCounts(double[] values, ExponentialHistogram histogram)
    {
        Assert.Equal((ulong)values.Length, histogram.Count);
        Assert.Equal((ulong)values.Count(value => value == 0), histogram.ZeroCount);
        Assert.Equal(values.Min(), histogram.Min);
        Assert.Equal(values.Max(), histogram.Max);
        AssertSum(values.Sum(), histogram.Sum, values.Sum(Math.Abs));
        AssertBuckets(values.Where(value => value > 0), histogram.PositiveOffset, histogram.PositiveCounts, histogram.Scale);
        AssertBuckets(values.Where(value => value < 0).Select(value => -value), histogram.NegativeOffset, histogram.NegativeCounts, histogram.Scale);
    }

    public static void AssertEqual(ExponentialHistogram expected, ExponentialHistogram actual, bool exactSum = true)
    {
        Assert.Equal(expected.Scale, actual.Scale);
        Assert.Equal(expected.ZeroCount, actual.ZeroCount);
        Assert.Equal(expected.PositiveOffset, actual.PositiveOffset);
        Assert.Equal(expected.PositiveCounts, actual.PositiveCounts);
        Assert.Equal(expected.NegativeOffset, actual.NegativeOffset);
        Assert.Equal(expected.NegativeCounts, actual.NegativeCounts);
        Assert.Equal((expected.Min, expected.Max, expected.Count), (actual.Min, actual.Max, actual.Count));
        if (exactSum)
            Assert.Equal(expected.Sum, actual.Sum);
        else
            AssertSum(expected.Sum, actual.Sum, expected.Count * Math.Max(Math.Abs(expected.Min), Math.Abs(expected.Max)));
    }

    /// <summary>Additions in another order differ by rounding, and by overflow where the values themselves are that large.</summary>
    private static void AssertSum(double expected, double actual, double size)
    {
        if (double.IsFinite(size))
            Assert.InRange(actual, expected - (size * 1e-12), expected + (size * 1e-12));
    }

    private static void AssertBuckets(IEnumerable<double> values, int offset, ReadOnlySpan<ulong> counts, int scale)
    {
        Dictionary<int, ulong> expected = values.CountBy(value => ExactBuckets.IndexOf(value, scale)).ToDictionary(pair => pair.Key, pair => (ulong)pair.Value);
        Dictionary<int, ulong> actual = [];
        for (int bucket = 0; bucket < counts.Length; bucket++)
        {
            if (counts[bucket] > 0)
                actual[offset + bucket] = counts[bucket];
        }

        Assert.Equal(expected, actual);
        Assert.True(counts.IsEmpty || (counts[0] > 0 && counts[^1] > 0), "a bucket at an end is empty");
    }
}
