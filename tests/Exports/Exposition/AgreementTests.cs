using System.Buffers;
using CsCheck;
using Google.Protobuf.Collections;
using OppTel.Exports.Prometheus;
using OppTel.Sketches;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.Exposition;

/// <summary>All formats say the same.</summary>
public class AgreementTests
{
    [Fact]
    public void Every_format_says_the_same_series_with_the_same_values() => Page.Any.Sample(page =>
    {
        ReadPage text = ReadPage.OfText(page.Write(ExpositionFormat.PrometheusText));
        ReadPage open = ReadPage.OfText(page.Write(ExpositionFormat.OpenMetrics));
        ReadPage binary = ReadPage.OfProtobuf(page.Write(ExpositionFormat.Protobuf));
        Assert.Equal(text.Series, open.Series);
        Assert.Equal(text.Series, binary.Series);
        Assert.Equal(open.Exemplars, binary.Exemplars);
        Assert.Empty(text.Exemplars);
        foreach ((string family, string type) in binary.Types)
            Assert.Equal(type, text.Types[family]);
        Assert.Equal(
            text.Types.Select(type => (type.Value == "counter" ? type.Key[..^"_total".Length] : type.Key, type.Value)).Order(),
            open.Types.Select(type => (type.Key, type.Value)).Order());
    });

    [Fact]
    public void The_series_are_those_of_the_page() => Page.Any.Sample(page =>
    {
        int expected = page.Families.Sum(family => family.Series.Sum(series => family.Family.Kind != Kind.HistogramBucket ? 1
            : 2 + (series.Observed is null
                ? series.Bounds.Count(double.IsFinite) + 1
                : ClassicBuckets.Of(Page.Sketch(series)).UpperBounds.Count(double.IsFinite) + 1)));
        Assert.Equal(expected, ReadPage.OfText(page.Write(ExpositionFormat.PrometheusText)).Series.Count);
    });

    [Fact]
    public void Labels_that_are_spelled_once_are_spelled_the_same() => Page.Any.Sample(page =>
    {
        foreach (ExpositionFormat format in (ExpositionFormat[])[ExpositionFormat.PrometheusText, ExpositionFormat.OpenMetrics, ExpositionFormat.Protobuf])
            Assert.Equal(page.Write(format), page.Write(format, cached: true));
    });

    [Fact]
    public void An_exponential_histogram_becomes_a_native_one_bucket_by_bucket() => Page.Any.Sample(page =>
    {
        PageSeries[] expected = [.. page.Families.SelectMany(family => family.Series).Where(series => series.Observed is not null)];
        Histogram[] natives = [.. ReadPage.Natives(page.Write(ExpositionFormat.Protobuf))];
        Assert.Equal(expected.Length, natives.Length);
        foreach ((PageSeries series, Histogram native) in expected.Zip(natives))
            AssertSame(Page.Sketch(series), native);
    });

    [Fact]
    public void Native_buckets_of_either_sign_and_any_size_are_all_counted() => Gen.Double.Where(double.IsFinite).Array[0, 100].Select(Gen.Int[20, 300]).Sample((values, buckets) =>
    {
        ExponentialHistogram sketch = new(buckets);
        foreach (double value in values)
            sketch.Record(value);
        ArrayBufferWriter<byte> output = new();
        MetricWriter writer = new ProtobufWriter(output);
        writer.Begin(new Telemetry.MetricFamily("m", "", Kind.HistogramBucket));
        writer.Histogram(sketch, []);
        writer.End();
        Histogram? native = ReadPage.Natives(output.WrittenSpan.ToArray()).SingleOrDefault();
        if (sketch.Scale < -4)
            Assert.Null(native);
        else
            AssertSame(sketch, native!);
    });

    [Fact]
    public void A_power_of_two_counts_exactly_what_is_not_above_it() =>
        Gen.OneOf(Gen.Double[-1e6, 1e6], Gen.Const(0.0), Gen.Int[-40, 40].Select(power => Math.ScaleB(1, power)), Gen.Int[-40, 40].Select(power => -Math.ScaleB(1, power)))
            .Array[0, 100].Sample(values =>
            {
                ExponentialHistogram sketch = new(1000);
                foreach (double value in values)
                    sketch.Record(value);
                ClassicBuckets buckets = ClassicBuckets.Of(sketch);
                double total = 0;
                for (int bucket = 0; bucket < buckets.UpperBounds.Length; bucket++)
                {
                    total += buckets.Counts[bucket];
                    double bound = buckets.UpperBounds[bucket];
                    Assert.True(bucket == 0 || bound > buckets.UpperBounds[bucket - 1]);
                    // Bounds of negative buckets are not theirs: what equals one lies above it.
                    Assert.Equal(values.Count(value => bound < 0 ? value < bound : value <= bound), total);
                }

                Assert.Equal(values.Length, total);
            });

    [Fact]
    public void A_page_of_any_size_goes_through_pieces_of_the_pool() => Gen.Int[0, 200_000].Array[0, 8].Sample(
        sizes =>
        {
            PooledBuffer pooled = new();
            ArrayBufferWriter<byte> direct = new(), moved = new();
            foreach (int size in sizes)
            {
                byte[] piece = new byte[size];
                Random.Shared.NextBytes(piece);
                pooled.Write(piece);
                direct.Write(piece);
                if (size % 3 == 0)
                    pooled.MoveTo(moved);
            }

            pooled.MoveTo(moved);
            Assert.Equal(0, pooled.Count);
            Assert.True(direct.WrittenSpan.SequenceEqual(moved.WrittenSpan));
        },
        iter: 50);

    private static void AssertSame(ExponentialHistogram sketch, Histogram native)
    {
        Assert.Equal(sketch.Scale, native.Schema);
        Assert.Equal(sketch.Count, native.SampleCount);
        Assert.Equal(sketch.Sum, native.SampleSum);
        Dictionary<int, ulong> positive = Filled(sketch.PositiveOffset, sketch.PositiveCounts, sketch.Scale, out ulong zeros);
        Dictionary<int, ulong> negative = Filled(sketch.NegativeOffset, sketch.NegativeCounts, sketch.Scale, out ulong alsoZeros);
        Assert.Equal(sketch.ZeroCount + zeros + alsoZeros, native.ZeroCount);
        Assert.Equal(positive, Expand(native.PositiveSpan, native.PositiveDelta));
        Assert.Equal(negative, Expand(native.NegativeSpan, native.NegativeDelta));
    }

    /// <summary>Buckets by the number that Prometheus gives them; those within the zero bucket apart.</summary>
    private static Dictionary<int, ulong> Filled(int offset, ReadOnlySpan<ulong> counts, int scale, out ulong zeros)
    {
        Dictionary<int, ulong> filled = [];
        zeros = 0;
        for (int bucket = 0; bucket < counts.Length; bucket++)
        {
            if (ExponentialHistogram.LowerBound(offset + bucket + 1, scale) <= NativeBuckets.ZeroThreshold)
                zeros += counts[bucket];
            else if (counts[bucket] > 0)
                filled.Add(offset + bucket + 1, counts[bucket]);
        }

        return filled;
    }

    private static Dictionary<int, ulong> Expand(IEnumerable<BucketSpan> spans, RepeatedField<long> deltas)
    {
        Dictionary<int, ulong> filled = [];
        int bucket = 0, next = 0;
        long count = 0;
        foreach (BucketSpan span in spans)
        {
            bucket += span.Offset;
            for (uint index = 0; index < span.Length; index++, bucket++)
            {
                count += deltas[next++];
                if (count > 0)
                    filled.Add(bucket, (ulong)count);
            }
        }

        Assert.Equal(deltas.Count, next);
        return filled;
    }
}
