using System.Runtime.CompilerServices;

namespace OppTel.Sketches;

/// <summary>
/// Counts values in buckets whose bounds are powers of 2^(2^-scale). Bucket i takes what is above 2^(i * 2^-scale) and at most
/// 2^((i + 1) * 2^-scale), as OpenTelemetry's exponential histogram does; the native histogram of Prometheus counts the same bucket
/// as i + 1. 160 buckets hold every double at a scale of -4 or finer, the coarsest that Prometheus knows.
/// </summary>
/// <remarks>
/// Written by one thread. Memory grows with the buckets in use, in steps of two: a histogram allocates five times in its life at most for each
/// sign, and never after <see cref="EnsureCapacity"/>. <see cref="CopyTo"/> and <see cref="Merge"/> may read while another thread writes: what
/// they read then may be torn, but nothing is thrown, so that a sequence lock can discard it.
/// </remarks>
public sealed class ExponentialHistogram
{
    /// <summary>The finest scale: 32 buckets for each power of two.</summary>
    public const int MaxScale = BucketMapping.Scale;

    /// <summary>The coarsest scale: one bucket for what is above 1, one for the rest.</summary>
    public const int MinScale = -11;

    private readonly int maxBuckets;
    private BucketStore positive = new();
    private BucketStore negative = new();
    private PartialSums sums;
    private int shift;

    /// <summary>An empty histogram.</summary>
    /// <param name="maxBuckets">Buckets of each sign; when they do not suffice, the scale falls.</param>
    /// <param name="scale">The scale to begin with.</param>
    public ExponentialHistogram(int maxBuckets = 160, int scale = MaxScale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBuckets, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, MaxScale);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, MinScale);
        this.maxBuckets = maxBuckets;
        InitialScale = scale;
        Clear();
    }

    /// <summary>The scale of an empty histogram.</summary>
    public int InitialScale { get; }

    /// <summary>Buckets for each power of two, as a power of two itself; negative: powers of two for each bucket.</summary>
    public int Scale => MaxScale - shift;

    /// <summary>Values that were counted.</summary>
    public ulong Count => positive.Count + negative.Count + ZeroCount;

    /// <summary>Their sum.</summary>
    public double Sum => sums.Total;

    /// <summary>The smallest; infinity when there is none.</summary>
    public double Min { get; private set; }

    /// <summary>The largest; negative infinity when there is none.</summary>
    public double Max { get; private set; }

    /// <summary>Values that are zero.</summary>
    public ulong ZeroCount { get; private set; }

    /// <summary>Number of the first of <see cref="PositiveCounts"/>.</summary>
    public int PositiveOffset => OffsetOf(positive);

    /// <summary>Counts of the buckets from <see cref="PositiveOffset"/> on; the first and the last are not 0.</summary>
    public ReadOnlySpan<ulong> PositiveCounts => positive.Counts;

    /// <summary>Number of the first of <see cref="NegativeCounts"/>.</summary>
    public int NegativeOffset => OffsetOf(negative);

    /// <summary>Counts of the buckets of negative values by their size from <see cref="NegativeOffset"/> on.</summary>
    public ReadOnlySpan<ulong> NegativeCounts => negative.Counts;

    /// <summary>Bytes of all counts.</summary>
    public int BucketBytes => positive.Bytes + negative.Bytes;

    /// <summary>Counts a value; one that is not finite is not counted.</summary>
    public void Record(double value)
    {
        // Spelled out: a count that is not known before would be brought to a double and multiplied each time.
        long bits = BitConverter.DoubleToInt64Bits(value);
        if (positive.TryAdd(bits, shift, 1))
            sums.Add(bits, value);
        else
            RecordOther(value, 1);
    }

    /// <summary>Counts equal values.</summary>
    /// <param name="value">One that is not finite is not counted.</param>
    /// <param name="count">How many.</param>
    public void Record(double value, ulong count)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        if (positive.TryAdd(bits, shift, count))
            sums.Add(bits, value * count);
        else
            RecordOther(value, count);
    }

    /// <summary>Counts values; those that are not finite are not counted.</summary>
    public void Record(ReadOnlySpan<double> values)
    {
        while (!values.IsEmpty)
        {
            values = values[positive.AddBlocks(values, shift, out double sum)..];
            sums.Add(0, sum);
            // The block where it ended, whose values go one by one, or the last few.
            int rest = Math.Min(values.Length, BucketVectors.Block);
            foreach (double value in values[..rest])
                Record(value);
            values = values[rest..];
        }
    }

    /// <summary>Adds what another one counted; the result is the same as if all its values had been counted here.</summary>
    public void Merge(ExponentialHistogram other)
    {
        int otherShift = other.shift;
        ReduceTo(MaxScale - otherShift);
        Add(ref positive, other.positive, otherShift);
        Add(ref negative, other.negative, otherShift);
        ZeroCount += other.ZeroCount;
        sums.Add(0, other.Sum);
        Min = Math.Min(Min, other.Min);
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>Makes <paramref name="other"/> equal to this one.</summary>
    public void CopyTo(ExponentialHistogram other)
    {
        other.Clear();
        other.Merge(this);
    }

    /// <summary>Forgets everything but its memory.</summary>
    public void Clear()
    {
        positive.Clear();
        negative.Clear();
        shift = MaxScale - InitialScale;
        (ZeroCount, sums, Min, Max) = (0, default, double.PositiveInfinity, double.NegativeInfinity);
    }

    /// <summary>Merges buckets until the scale is not above <paramref name="scale"/>.</summary>
    public void ReduceTo(int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, MinScale);
        if (scale < Scale)
            Halve(Scale - scale);
    }

    /// <summary>Allocates now what the buckets may need later.</summary>
    /// <param name="positiveBuckets">Of values above zero.</param>
    /// <param name="negativeBuckets">Of values below zero.</param>
    public void EnsureCapacity(int positiveBuckets, int negativeBuckets = 0)
    {
        positive.EnsureCapacity(Math.Min(positiveBuckets, maxBuckets), maxBuckets);
        negative.EnsureCapacity(Math.Min(negativeBuckets, maxBuckets), maxBuckets);
    }

    /// <summary>
    /// The value that a share of all does not exceed, up to a relative error of (b - 1) / (b + 1) with b = 2^(2^-scale): 1.08 % at scale 5. NaN when
    /// there is none.
    /// </summary>
    /// <param name="share">0 to 1, which give Min and Max.</param>
    public double Quantile(double share) => Quantiles.Of(this, share);

    /// <summary>What the values of bucket <paramref name="index"/> are above.</summary>
    public static double LowerBound(int index, int scale) => Math.Pow(2, Math.ScaleB(index, -scale));

    /// <summary>What <see cref="BucketStore.TryAdd"/> leaves: new extremes, zeros, negative and subnormal values.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RecordOther(double value, ulong count)
    {
        if (!double.IsFinite(value) || count == 0)
            return;
        sums.Add(0, value * count);
        Min = Math.Min(Min, value);
        Max = Math.Max(Max, value);
        if (value == 0)
            ZeroCount += count;
        else if (value > 0)
            Add(ref positive, value, count);
        else if (!negative.TryAdd(BitConverter.DoubleToInt64Bits(-value), shift, count))
            Add(ref negative, -value, count);
    }

    private void Add(ref BucketStore store, double value, ulong count)
    {
        int index = BucketMapping.IndexOf(value) >> shift;
        int halvings = MakeRoom(ref store, index, index);
        store.Add(index >> halvings, count);
        store.Cover(BitConverter.DoubleToInt64Bits(value));
    }

    private void Add(ref BucketStore store, BucketStore other, int otherShift)
    {
        ReadOnlySpan<ulong> counts = other.Counts;
        if (counts.IsEmpty)
            return;
        int first = other.Offset >> (shift - otherShift), last = (other.Offset + counts.Length - 1) >> (shift - otherShift);
        MakeRoom(ref store, first, last);
        for (int bucket = 0; bucket < counts.Length; bucket++)
            store.Add((other.Offset + bucket) >> (shift - otherShift), counts[bucket]);
        store.Cover(other);
    }

    /// <summary>Gives the store the buckets from one to another, for which the scale may fall.</summary>
    /// <returns>By how much it fell.</returns>
    private int MakeRoom(ref BucketStore store, int first, int last)
    {
        int halvings = store.HalvingsFor(first, last, maxBuckets);
        if (halvings > 0)
            Halve(halvings);
        store.Extend(first >> halvings, last >> halvings, maxBuckets);
        return halvings;
    }

    private int OffsetOf(in BucketStore store) => store.Counts.IsEmpty ? 0 : store.Offset - (BucketMapping.Bias >> shift);

    private void Halve(int times)
    {
        positive.Halve(times);
        negative.Halve(times);
        shift += times;
    }
}
