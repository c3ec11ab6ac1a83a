using CsCheck;

namespace OppTel.Sketches.Tests.Histograms;

/// <summary>The buckets mean in OTLP and in Prometheus what they mean here.</summary>
public class ConversionTests
{
    /// <summary>OTLP, ExponentialHistogramDataPoint.Buckets: base^(offset + i) is below a value, base^(offset + i + 1) is not, base = 2^(2^-scale).</summary>
    [Fact]
    public void The_buckets_are_those_of_OTLP() => AssertMeaning(0, (index, scale) => (index, index + 1), lowest: -10);

    /// <summary>Prometheus: the bucket i ends at 2^(i * 2^-schema), which belongs to it, and begins where the one before it ends.</summary>
    [Fact]
    public void The_buckets_of_Prometheus_have_the_next_number() => AssertMeaning(1, (index, scale) => (index - 1, index), lowest: -4);

    private static void AssertMeaning(int difference, Func<int, int, (int After, int UpTo)> bounds, int lowest) =>
        Gen.Select(Streams.Of(Streams.Positive, 50), Gen.OneOf(160, 70_000), Gen.Bool).Sample((stream, limit, negated) =>
        {
            ExponentialHistogram histogram = Histogram.Of(stream.Select(value => negated ? -value : value), limit);
            Assert.InRange(histogram.Scale, lowest, 8);
            ulong counted = 0;
            ReadOnlySpan<ulong> counts = negated ? histogram.NegativeCounts : histogram.PositiveCounts;
            for (int bucket = 0; bucket < counts.Length; bucket++)
            {
                // All values are found in the others, as the sum shows.
                if (counts[bucket] == 0)
                    continue;
                int index = (negated ? histogram.NegativeOffset : histogram.PositiveOffset) + bucket + difference;
                (int after, int upTo) = bounds(index, histogram.Scale);
                Assert.Equal((ulong)stream.Count(value => IsAbove(value, after, histogram.Scale) && !IsAbove(value, upTo, histogram.Scale)), counts[bucket]);
                counted += counts[bucket];
            }

            Assert.Equal((ulong)stream.Length, counted);
        }, iter: 30);

    private static bool IsAbove(double value, int index, int scale) => ExactBuckets.IsAbove(value, index << (5 - scale));
}
