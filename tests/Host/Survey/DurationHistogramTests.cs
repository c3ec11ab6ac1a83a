using CsCheck;
using OppTel.Host.Survey;

namespace OppTel.Host.Tests.Survey;

public sealed class DurationHistogramTests
{
    // Short ones and long ones alike.
    private static readonly Gen<ulong> Durations = Gen.Select(Gen.Int[0, 46], Gen.ULong).Select((bits, value) => value & ((1ul << bits) - 1));

    [Fact]
    public void EveryDurationIsInItsBucketAndBucketsAreNarrow() => Durations.Sample(duration =>
    {
        DurationHistogram histogram = new();
        histogram.Add(duration, 3);
        DurationBucket bucket = histogram.Filled.Single();
        Assert.InRange(duration, bucket.From, bucket.To - 1);
        Assert.Equal((3ul, (double)duration), (bucket.Count, bucket.Mean));
        Assert.True(bucket.To - bucket.From <= Math.Max(1, bucket.From / 10), $"{bucket.From} to {bucket.To}");
        Assert.Equal((3ul, 3 * duration, duration), (histogram.Count, histogram.Sum, histogram.Longest));
    });

    /// <summary>1, 2 and 5 of each decade are bounds, so that rows with these bounds are exact.</summary>
    [Fact]
    public void RoundNumbersBeginBuckets()
    {
        for (ulong decade = 1; decade <= 100_000_000_000_000; decade *= 10)
        {
            foreach (ulong step in (ulong[])[1, 2, 5])
            {
                DurationHistogram histogram = new();
                histogram.Add(decade * step);
                Assert.Equal(decade * step, histogram.Filled.Single().From);
            }
        }
    }

    [Fact]
    public void QuantilesAreWithinTheirBucket() => Gen.Select(Durations.Array[1, 200], Gen.Double[0.001, 1]).Sample((durations, share) =>
    {
        DurationHistogram histogram = new();
        Array.ForEach(durations, duration => histogram.Add(duration));
        ulong exact = durations.Order().ElementAt((int)Math.Ceiling(share * durations.Length) - 1);
        DurationBucket bucket = histogram.Filled.Single(candidate => exact >= candidate.From && exact < candidate.To);
        Assert.InRange(histogram.Quantile(share)!.Value, bucket.From, bucket.To);
    });

    /// <summary>The age of something renewed after each duration: at every moment the time since the last renewal.</summary>
    [Fact]
    public void AgesAreThoseOfEveryMoment() => Gen.Select(Gen.ULong[1, 1_000_000].Array[1, 30], Gen.Double[0, 0.999]).Sample((durations, share) =>
    {
        DurationHistogram histogram = new();
        Array.ForEach(durations, duration => histogram.Add(duration));
        double age = histogram.AgeQuantile(share)!.Value, total = durations.Sum(duration => (double)duration);
        double notOlder = durations.Sum(duration => Math.Min(duration, age)) / total;
        // Means stand for what is in their buckets, which are a tenth wide.
        Assert.InRange(notOlder, share - 0.05, share + 0.05);
        Assert.InRange(age, 0, histogram.Longest);
    });

    [Fact]
    public void NothingHasNoQuantile()
    {
        DurationHistogram histogram = new();
        Assert.Null(histogram.Quantile(0.5));
        Assert.Null(histogram.AgeQuantile(0.5));
        histogram.Add(0, 5);
        Assert.Equal(0, histogram.Quantile(0.5));
        Assert.Null(histogram.AgeQuantile(0.5));
    }
}
