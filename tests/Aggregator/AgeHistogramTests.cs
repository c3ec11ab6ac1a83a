using CsCheck;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Tests;

public class AgeHistogramTests
{
    private static readonly Gen<long> Ages = Gen.OneOf(Gen.Long[0, 1000], Gen.Long[0, 40_000_000_000], Gen.Int[0, 35].Select(power => 1L << power));

    [Fact]
    public void EveryAgeIsInTheBucketThatItsBoundsSay() => Ages.Sample(age =>
    {
        AgeHistogram histogram = new();
        histogram.Add(age, 3);
        long[] counts = new long[AgeHistogram.Buckets];
        histogram.CopyTo(counts);
        int bucket = Array.IndexOf(counts, 3);
        Assert.Equal(3, counts.Sum());
        Assert.True(age <= AgeHistogram.UpperBound(bucket));
        Assert.True(bucket == 0 || age > AgeHistogram.UpperBound(bucket - 1));
        Assert.Equal(3 * age, histogram.Sum);
    });

    [Fact]
    public void BoundsGrowByAtMostAnEighth()
    {
        for (int bucket = 1; bucket < AgeHistogram.Buckets - 1; bucket++)
            Assert.InRange(AgeHistogram.UpperBound(bucket) / (double)AgeHistogram.UpperBound(bucket - 1), 1.0 + 1e-9, 1.125);
    }

    [Fact]
    public void QuantilesOfTheRecentIntervalAreRightWithinABucket()
    {
        Gen.Select(Gen.Long[1000, 30_000_000_000].Array[1, 300], Gen.Double[0.01, 1]).Sample((ages, share) =>
        {
            AgeHistogram histogram = new();
            histogram.Add(40_000_000_000, 1000);
            histogram.Roll();
            foreach (long age in ages)
                histogram.Add(age, 1);
            histogram.Roll();
            long[] recent = new long[AgeHistogram.Buckets];
            histogram.AddRecentTo(recent);
            Array.Sort(ages);
            long exact = ages[(int)Math.Ceiling(Math.Max(1, share * ages.Length)) - 1];
            long found = AgeHistogram.Quantile(recent, share)!.Value;
            Assert.InRange(found, exact, (long)(exact * 1.126));
        });
    }

    [Fact]
    public void NothingHasNoQuantile() => Assert.Null(AgeHistogram.Quantile(new long[AgeHistogram.Buckets], 0.5));
}
