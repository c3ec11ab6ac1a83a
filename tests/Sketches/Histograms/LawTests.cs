using CsCheck;

namespace OppTel.Sketches.Tests.Histograms;

public class LawTests
{
    private static readonly Gen<int> Limits = Gen.OneOf(2, 10, 160);
    private static readonly Gen<double[]> Streamed = Gen.Frequency((1, Streams.Of(Streams.Finite)), (1, Streams.Of(Streams.Usual)), (1, Gen.Const(Array.Empty<double>())));

    [Fact]
    public void A_merge_is_what_recording_everything_in_one_is() =>
        Gen.Select(Streamed, Streamed, Limits, Limits).Sample((one, other, limit, otherLimit) =>
        {
            ExponentialHistogram merged = Histogram.Of(one, limit), second = Histogram.Of(other, otherLimit);
            merged.Merge(second);
            // What a coarser scale has united stays so.
            ExponentialHistogram together = Histogram.Of([.. one, .. other], limit);
            together.ReduceTo(merged.Scale);
            Histogram.AssertEqual(together, merged, exactSum: false);
            Assert.Equal(Math.Min(second.Scale, Histogram.Of([.. one, .. other], limit).Scale), merged.Scale);
        });

    [Fact]
    public void A_merge_knows_no_order() => Gen.Select(Streamed, Streamed, Streamed, Limits).Sample((a, b, c, limit) =>
    {
        ExponentialHistogram left = Histogram.Of(a, limit), right = Histogram.Of(c, limit), second = Histogram.Of(b, limit);
        left.Merge(second);
        left.Merge(Histogram.Of(c, limit));
        second.Merge(Histogram.Of(a, limit));
        right.Merge(second);
        Histogram.AssertEqual(left, right, exactSum: false);
    });

    [Fact]
    public void What_follows_a_merge_is_counted_as_ever() => Gen.Select(Streamed, Streamed, Streamed, Limits).Sample((a, b, c, limit) =>
    {
        ExponentialHistogram histogram = Histogram.Of(a, limit);
        histogram.Merge(Histogram.Of(b, limit));
        foreach (double value in c)
            histogram.Record(value);
        Histogram.AssertEqual(Histogram.Of([.. a, .. b, .. c], limit), histogram, exactSum: false);
    });

    [Fact]
    public void A_copy_is_equal_and_by_itself() => Gen.Select(Streamed, Streamed, Limits).Sample((values, others, limit) =>
    {
        ExponentialHistogram source = Histogram.Of(values, limit), copy = Histogram.Of(others, limit);
        source.CopyTo(copy);
        Histogram.AssertEqual(source, copy);
        copy.Record(7);
        Histogram.AssertEqual(Histogram.Of(values, limit), source);
        Histogram.AssertEqual(Histogram.Of([.. values, 7], limit), copy, exactSum: false);
    });

    [Fact]
    public void A_cleared_histogram_is_a_new_one() => Gen.Select(Streamed, Streamed, Limits).Sample((values, others, limit) =>
    {
        ExponentialHistogram histogram = Histogram.Of(values, limit);
        histogram.Clear();
        Histogram.AssertEqual(new ExponentialHistogram(limit), histogram);
        foreach (double value in others)
            histogram.Record(value);
        Histogram.AssertEqual(Histogram.Of(others, limit), histogram);
    });

    [Fact]
    public void A_reduced_histogram_is_one_that_was_coarse_from_the_start() =>
        Gen.Select(Streamed, Streamed, Gen.Int[ExponentialHistogram.MinScale, ExponentialHistogram.MaxScale]).Sample((values, others, scale) =>
        {
            ExponentialHistogram reduced = Histogram.Of(values), coarse = new(160, scale);
            reduced.ReduceTo(scale);
            foreach (double value in others)
                reduced.Record(value);
            foreach (double value in values.Concat(others))
                coarse.Record(value);
            coarse.ReduceTo(reduced.Scale);
            Histogram.AssertEqual(coarse, reduced, exactSum: false);
        });

    [Fact]
    public void A_merge_with_itself_doubles() => Streamed.Sample(values =>
    {
        ExponentialHistogram histogram = Histogram.Of(values);
        histogram.Merge(histogram);
        Histogram.AssertEqual(Histogram.Of([.. values, .. values]), histogram, exactSum: false);
    });
}
