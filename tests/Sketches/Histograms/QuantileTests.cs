using CsCheck;
using HdrHistogram;

namespace OppTel.Sketches.Tests.Histograms;

public class QuantileTests
{
    private static readonly double[] Shares = [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

    [Fact]
    public void A_quantile_is_within_the_bound_of_the_true_one() =>
        Gen.Select(Streams.Of(Streams.Finite), Gen.OneOf(10, 160, 70_000)).Sample((stream, limit) =>
        {
            ExponentialHistogram histogram = Histogram.Of(stream, limit);
            double[] sorted = [.. stream.Order()];
            foreach (double share in Shares)
                AssertNear(sorted[(int)Math.Max(0, Math.Ceiling(share * sorted.Length) - 1)], histogram.Quantile(share), Bound(histogram.Scale));
        });

    [Fact]
    public void The_bound_holds_near_the_largest_double()
    {
        ExponentialHistogram histogram = new();
        histogram.Record(double.MaxValue / 1.9);
        histogram.Record(double.MaxValue);
        AssertNear(double.MaxValue / 1.9, histogram.Quantile(0.4), Bound(5));
    }

    [Fact]
    public void At_the_finest_scale_the_bound_is_just_above_one_percent() => Assert.InRange(Bound(5), 0.0108, 0.01084);

    [Fact]
    public void HdrHistogram_tells_the_same() => Gen.Long[1, 1_000_000_000].Array[1, 500].Sample(stream =>
    {
        LongHistogram peer = new(1, 10_000_000_000, 3);
        ExponentialHistogram histogram = new(2048);
        foreach (long value in stream)
        {
            peer.RecordValue(value);
            histogram.Record(value);
        }

        // HdrHistogram rounds the rank where this one takes the next: only shares that are whole ranks mean the same to both.
        for (int rank = 1; rank <= stream.Length; rank += 7)
            AssertNear(peer.GetValueAtPercentile(100.0 * rank / stream.Length), histogram.Quantile((rank - 0.25) / stream.Length), Bound(5) + 0.001);
    });

    [Fact]
    public void Extremes_are_exact() => Streams.Of(Streams.Finite).Sample(stream =>
    {
        ExponentialHistogram histogram = Histogram.Of(stream);
        Assert.Equal(stream.Min(), histogram.Quantile(0));
        Assert.Equal(stream.Max(), histogram.Quantile(1));
    });

    [Fact]
    public void Of_nothing_there_is_no_quantile() => Assert.Equal(double.NaN, new ExponentialHistogram().Quantile(0.5));

    /// <summary>The bound that <see cref="ExponentialHistogram.Quantile"/> promises.</summary>
    private static double Bound(int scale)
    {
        double inverse = Math.Pow(2, -Math.ScaleB(1, -scale));
        return (1 - inverse) / (1 + inverse);
    }

    private static void AssertNear(double exact, double estimate, double bound) =>
        Assert.True(Math.Abs(estimate - exact) <= (Math.Abs(exact) * bound * (1 + 1e-9)) + double.Epsilon, $"{estimate} for {exact} is beyond {bound}");
}
