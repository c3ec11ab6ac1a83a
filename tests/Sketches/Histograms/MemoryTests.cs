namespace OppTel.Sketches.Tests.Histograms;

public class MemoryTests
{
    private static readonly double[] Values = [.. Enumerable.Range(0, 5000).Select(index => Math.ScaleB(1 + (index % 97 / 97.0), index % 400 - 200) * (index % 3 - 1))];

    [Fact]
    public void Memory_follows_the_buckets_in_use()
    {
        ExponentialHistogram histogram = new();
        Assert.Equal(0, histogram.BucketBytes);
        histogram.Record(1000);
        Assert.Equal(8 * sizeof(ulong), histogram.BucketBytes);
        histogram.Record(1300);
        Assert.Equal(16 * sizeof(ulong), histogram.BucketBytes);
        foreach (double value in Values)
            histogram.Record(value);
        Assert.Equal(2 * 160 * sizeof(ulong), histogram.BucketBytes);
    }

    [Fact]
    public void After_EnsureCapacity_nothing_allocates()
    {
        // Growth happens once: each round has histograms of its own, made ahead.
        (ExponentialHistogram, ExponentialHistogram)[] pairs = [.. Enumerable.Range(0, 10).Select(_ => (new ExponentialHistogram(), new ExponentialHistogram()))];
        foreach ((ExponentialHistogram one, ExponentialHistogram other) in pairs)
        {
            one.EnsureCapacity(160, 160);
            other.EnsureCapacity(int.MaxValue, int.MaxValue);
        }

        int round = 0;
        Assert.Equal(0, Allocations.Of(() => Use(pairs[round].Item1, pairs[round++].Item2)));
        Assert.Equal(2 * 160 * sizeof(ulong), pairs[0].Item1.BucketBytes);
    }

    [Fact]
    public void What_was_cleared_keeps_its_memory()
    {
        ExponentialHistogram histogram = new(), other = new();
        Use(histogram, other);
        Assert.Equal(0, Allocations.Of(() => Use(histogram, other)));
    }

    private static void Use(ExponentialHistogram histogram, ExponentialHistogram other)
    {
        histogram.Clear();
        foreach (double value in Values)
            histogram.Record(value);
        histogram.Record(Values);
        histogram.Record(5, 1000);
        histogram.CopyTo(other);
        other.Merge(histogram);
        other.ReduceTo(-5);
        _ = other.Quantile(0.9) + other.Sum + other.Count;
    }
}
