using CsCheck;

namespace OppTel.Sketches.Tests.Histograms;

public class RecordTests
{
    /// <summary>Buckets that a store may have: so few that the scale falls far, the default, so many that it never falls.</summary>
    private static readonly Gen<int> Limits = Gen.OneOf(2, 3, 10, 160, 70_000);

    [Fact]
    public void Every_value_is_counted_in_the_bucket_of_its_definition() =>
        Gen.Select(Streams.Of(Streams.Finite), Limits).Sample((stream, limit) =>
        {
            ExponentialHistogram histogram = Histogram.Of(stream, limit);
            Histogram.AssertCounts(stream, histogram);
        }, iter: 400);

    [Fact]
    public void The_scale_falls_no_further_than_the_limit_demands() =>
        Gen.Select(Streams.Of(Streams.Finite), Limits).Sample((stream, limit) =>
        {
            ExponentialHistogram histogram = Histogram.Of(stream, limit);
            Assert.InRange(histogram.PositiveCounts.Length, 0, limit);
            Assert.InRange(histogram.NegativeCounts.Length, 0, limit);
            Assert.InRange(histogram.BucketBytes, 0, 2 * limit * sizeof(ulong));
            if (histogram.Scale < ExponentialHistogram.MaxScale)
                Assert.True(Math.Max(Width(stream, 1, histogram.Scale + 1), Width(stream, -1, histogram.Scale + 1)) > limit);
        }, iter: 400);

    [Fact]
    public void One_call_with_many_counts_what_many_calls_count() =>
        Gen.Select(Streams.Of(Streams.Finite, 1000), Limits).Sample((stream, limit) =>
        {
            ExponentialHistogram one = new(limit);
            one.Record(stream);
            Histogram.AssertEqual(Histogram.Of(stream, limit), one, exactSum: false);
        });

    [Fact]
    public void Blocks_of_values_within_the_range_are_counted_as_one_by_one() =>
        Gen.Select(Streams.Of(Gen.Frequency((1, Streams.Positive), (3, Streams.Usual)), 1000), Limits).Sample((stream, limit) =>
        {
            ExponentialHistogram one = new(limit);
            one.Record(stream);
            // By now both extremes are known.
            one.Record(stream);
            Histogram.AssertEqual(Histogram.Of([.. stream, .. stream], limit), one, exactSum: false);
        });

    [Fact]
    public void Equal_values_are_counted_at_once_as_one_by_one() => Gen.Select(Streams.Usual, Gen.Int[0, 50]).Sample((value, times) =>
    {
        ExponentialHistogram one = new();
        one.Record(value, (ulong)times);
        Histogram.AssertEqual(Histogram.Of(Enumerable.Repeat(value, times)), one);
    });

    [Fact]
    public void What_is_not_finite_is_not_counted()
    {
        ExponentialHistogram histogram = new();
        foreach (double value in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity, 3, double.NaN, -double.NaN, double.PositiveInfinity])
            histogram.Record(value);
        Histogram.AssertEqual(Histogram.Of([3]), histogram);
        histogram.Clear();
        // The largest pattern of bits, which is beyond all numbers, in an empty histogram too.
        histogram.Record(BitConverter.Int64BitsToDouble(long.MaxValue));
        Assert.Equal(0UL, histogram.Count);
    }

    [Fact]
    public void Every_double_has_a_bucket_that_Prometheus_knows()
    {
        ExponentialHistogram histogram = Histogram.Of([double.Epsilon, double.MaxValue, -double.Epsilon, -double.MaxValue]);
        Assert.InRange(histogram.Scale, -4, 8);
        Assert.Equal(4UL, histogram.Count);
    }

    private static int Width(double[] stream, int sign, int scale)
    {
        int[] indexes = [.. stream.Where(value => Math.Sign(value) == sign).Select(value => ExactBuckets.IndexOf(Math.Abs(value), scale))];
        return indexes.Length == 0 ? 0 : indexes.Max() - indexes.Min() + 1;
    }
}
