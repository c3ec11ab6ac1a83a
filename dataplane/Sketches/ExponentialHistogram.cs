namespace OppTel.Sketches;

/// <summary>
/// Counts values in buckets whose bounds are powers of 2^(2^-scale): relative error 2^(2^-scale) - 1 at most between a value and its bucket's
/// bounds. Bucket i takes what is above 2^(i * 2^-scale) and at most 2^((i + 1) * 2^-scale), as OpenTelemetry's exponential histogram
/// does; the native histogram of Prometheus counts the same bucket as i + 1. Written by one thread, without allocation.
/// </summary>
public sealed class ExponentialHistogram
{
    /// <summary>The finest scale: 32 buckets for each power of two.</summary>
    public const int MaxScale = 5;

    private readonly BucketStore positive;
    private readonly BucketStore negative;

    /// <summary>An empty histogram.</summary>
    /// <param name="maxBuckets">Buckets of each sign; when they do not suffice, the scale falls.</param>
    /// <param name="scale">The scale to begin with.</param>
    public ExponentialHistogram(int maxBuckets = 160, int scale = MaxScale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBuckets, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, MaxScale);
        positive = new BucketStore(maxBuckets);
        negative = new BucketStore(maxBuckets);
        InitialScale = Scale = scale;
        Clear();
    }

    /// <summary>The scale of an empty histogram.</summary>
    public int InitialScale { get; }

    /// <summary>Buckets for each power of two, as a power of two itself; negative: powers of two for each bucket.</summary>
    public int Scale { get; private set; }

    /// <summary>Values that were counted.</summary>
    public ulong Count => positive.Count + negative.Count + ZeroCount;

    /// <summary>Their sum.</summary>
    public double Sum { get; private set; }

    /// <summary>The smallest; infinity when there is none.</summary>
    public double Min { get; private set; }

    /// <summary>The largest; negative infinity when there is none.</summary>
    public double Max { get; private set; }

    /// <summary>Values that are zero.</summary>
    public ulong ZeroCount { get; private set; }

    /// <summary>Number of the first of <see cref="PositiveCounts"/>.</summary>
    public int PositiveOffset => positive.Offset;

    /// <summary>Counts of the buckets from <see cref="PositiveOffset"/> on; the first and the last are not 0.</summary>
    public ReadOnlySpan<ulong> PositiveCounts => positive.Counts;

    /// <summary>Number of the first of <see cref="NegativeCounts"/>.</summary>
    public int NegativeOffset => negative.Offset;

    /// <summary>Counts of the buckets of negative values by their size from <see cref="NegativeOffset"/> on.</summary>
    public ReadOnlySpan<ulong> NegativeCounts => negative.Counts;

    /// <summary>Counts a value; one that is not finite is not counted.</summary>
    public void Record(double value) => Record(value, 1);

    /// <summary>Counts equal values.</summary>
    /// <param name="value">One that is not finite is not counted.</param>
    /// <param name="count">How many.</param>
    public void Record(double value, ulong count)
    {
        if (!double.IsFinite(value) || count == 0)
            return;
        Sum += value * count;
        Min = Math.Min(Min, value);
        Max = Math.Max(Max, value);
        if (value == 0)
            ZeroCount += count;
        else
            Add(value > 0 ? positive : negative, IndexOf(Math.Abs(value)), MaxScale, count);
    }

    /// <summary>Adds what another one counted; the result is the same as if all its values had been counted here.</summary>
    public void Merge(ExponentialHistogram other)
    {
        ReduceTo(other.Scale);
        for (int bucket = 0; bucket < other.PositiveCounts.Length; bucket++)
            Add(positive, other.PositiveOffset + bucket, other.Scale, other.PositiveCounts[bucket]);
        for (int bucket = 0; bucket < other.NegativeCounts.Length; bucket++)
            Add(negative, other.NegativeOffset + bucket, other.Scale, other.NegativeCounts[bucket]);
        ZeroCount += other.ZeroCount;
        Sum += other.Sum;
        Min = Math.Min(Min, other.Min);
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>Makes <paramref name="other"/> equal to this one.</summary>
    public void CopyTo(ExponentialHistogram other)
    {
        other.Clear();
        other.Merge(this);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        positive.Clear();
        negative.Clear();
        Scale = InitialScale;
        (ZeroCount, Sum, Min, Max) = (0, 0, double.PositiveInfinity, double.NegativeInfinity);
    }

    /// <summary>Merges buckets until the scale is not above <paramref name="scale"/>.</summary>
    public void ReduceTo(int scale)
    {
        while (Scale > scale)
        {
            positive.Halve();
            negative.Halve();
            Scale--;
        }
    }

    /// <summary>A value that a share of all does not exceed: within its bucket's bounds, and within Min and Max. NaN when there is none.</summary>
    /// <param name="share">0 to 1.</param>
    public double Quantile(double share)
    {
        if (Count == 0)
            return double.NaN;
        double rank = Math.Clamp(Math.Ceiling(share * Count), 1, Count), passed = 0;
        for (int bucket = negative.Counts.Length - 1; bucket >= 0; bucket--)
        {
            if ((passed += negative.Counts[bucket]) >= rank)
                return Math.Clamp(-LowerBound(negative.Offset + bucket, Scale), Min, Max);
        }

        if ((passed += ZeroCount) >= rank)
            return 0;
        for (int bucket = 0; bucket < positive.Counts.Length; bucket++)
        {
            if ((passed += positive.Counts[bucket]) >= rank)
                return Math.Clamp(LowerBound(positive.Offset + bucket + 1, Scale), Min, Max);
        }

        return Max;
    }

    /// <summary>What the values of bucket <paramref name="index"/> are above.</summary>
    public static double LowerBound(int index, int scale) => Math.Pow(2, Math.ScaleB(index, -scale));

    private static int IndexOf(double value)
    {
        int index = (int)Math.Ceiling(Math.Log2(value) * (1 << MaxScale)) - 1;
        while (LowerBound(index, MaxScale) >= value)
            index--;
        while (LowerBound(index + 1, MaxScale) < value)
            index++;
        return index;
    }

    private void Add(BucketStore store, int index, int scale, ulong count)
    {
        if (count == 0)
            return;
        while (!store.HasRoomFor(index >> (scale - Scale)))
            ReduceTo(Scale - 1);
        store.Add(index >> (scale - Scale), count);
    }
}
