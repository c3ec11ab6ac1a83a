using CsCheck;
using OppTel.Sketches;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Tests;

public class RecordAgesTests
{
    private static readonly Gen<long> Ages = Gen.OneOf(Gen.Long[0, 1000], Gen.Long[0, 40_000_000_000], Gen.Int[0, 35].Select(power => 1L << power));

    [Fact]
    public void WhatIsPublishedIsAllThatWasCountedHoweverOftenIntervalsEnded() => Gen.Select(Ages, Gen.Int[0, 5], Gen.Int[0, 9]).Array[0, 200].Sample(records =>
    {
        RecordAges ages = new();
        double sum = 0;
        long count = 0;
        foreach ((long age, int times, int step) in records)
        {
            ages.Add(age, times, 1, 2, 3);
            (sum, count) = (sum + (age / 1e9 * times), count + times);
            if (step == 0)
                ages.Roll();
            if (step == 1)
                ages.Publish();
        }

        ages.Publish();
        ExponentialHistogram all = ages.Published.Histogram;
        Assert.Equal((ulong)count, all.Count);
        Assert.Equal(sum, all.Sum, 1e-9 * (1 + sum));
    });

    [Fact]
    public void TheIntervalThatEndedLastHasQuantilesOfItsOwn() => Gen.Select(Gen.Long[1000, 30_000_000_000].Array[1, 300], Gen.Double[0.01, 1]).Sample((values, share) =>
    {
        RecordAges ages = new();
        ages.Add(40_000_000_000, 1000, 0, 0, 1);
        ages.Roll();
        foreach (long age in values)
            ages.Add(age, 1, 0, 0, 1);
        ages.Roll();
        Array.Sort(values);
        // A share of a whole number of values is theirs, however the product is rounded.
        double Exact(double rank) => values[(int)Math.Ceiling(Math.Clamp(rank, 1, values.Length)) - 1] / 1e9;
        double least = Exact((share * values.Length) - 1e-6), most = Exact((share * values.Length) + 1e-6);
        double width = Math.Pow(2, Math.ScaleB(1, -ages.LastInterval.Scale)), error = ((width - 1) / (width + 1)) + 1e-9;
        Assert.InRange(ages.LastInterval.Quantile(share), least * (1 - error), most * (1 + error));
        ages.Roll();
        Assert.Equal(0ul, ages.LastInterval.Count);
    });

    [Fact]
    public void ExemplarsAreTheNewestOfEachPowerOfTwoAndFew() => Ages.Array[0, 100].Sample(values =>
    {
        RecordAges ages = new();
        for (int index = 0; index < values.Length; index++)
            ages.Add(values[index], 1, 7, (uint)index, (ulong)index + 1);
        ages.Publish();
        IReadOnlyList<AgeExemplar> exemplars = ages.Published.Exemplars;
        Assert.InRange(exemplars.Count, values.Length == 0 ? 0 : 1, 26);
        Assert.Equal(exemplars.Count, exemplars.Select(exemplar => Power(exemplar.Seconds * 1e9)).Distinct().Count());
        Assert.All(exemplars, exemplar =>
        {
            Assert.Equal(values[exemplar.Sequence] / 1e9, exemplar.Seconds);
            Assert.DoesNotContain(values[((int)exemplar.Sequence + 1)..], later => Power(later) == Power(exemplar.Seconds * 1e9));
        });
    });

    [Fact]
    public void CountingAllocatesNothing()
    {
        RecordAges ages = new();
        Allocations.AssertNone(round =>
        {
            for (int index = 0; index < 10_000; index++)
                ages.Add(1000L << (index % 20), 8, 1, (uint)index, 5);
            ages.Roll();
        });
    }

    [Fact]
    public void APublishedStateStaysAsItIs()
    {
        RecordAges ages = new();
        ages.Add(1_000_000, 1, 1, 1, 1);
        ages.Publish();
        AgeSnapshot before = ages.Published;
        ages.Publish();
        Assert.Same(before, ages.Published);
        ages.Add(2_000_000_000, 5, 1, 2, 2);
        ages.Roll();
        ages.Publish();
        Assert.Equal((1ul, 1), (before.Histogram.Count, before.Exemplars.Count));
        Assert.Equal((6ul, 2), (ages.Published.Histogram.Count, ages.Published.Exemplars.Count));
    }

    private static int Power(double nanoseconds) => Math.Clamp((int)Math.Floor(Math.Log2(Math.Max(1, Math.Round(nanoseconds)))), 10, 35);
}
