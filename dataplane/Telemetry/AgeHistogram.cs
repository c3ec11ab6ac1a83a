using System.Numerics;

namespace OppTel.Telemetry;

/// <summary>
/// Counts durations in buckets of one eighth of a power of two, 128 ns to 34 s. Written by one thread without allocation; other
/// threads read counts that may be a few records apart.
/// </summary>
public sealed class AgeHistogram
{
    /// <summary>Number of buckets; the last one takes everything longer.</summary>
    public const int Buckets = ((LargestPower - SmallestPower) * SubBuckets) + 1;

    private const int SmallestPower = 7;
    private const int LargestPower = 35;
    private const int SubBits = 3;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] counts = new long[Buckets];
    private readonly long[] rolled = new long[Buckets];
    private readonly long[] recent = new long[Buckets];
    private long sum;

    /// <summary>Sum of everything counted, in nanoseconds.</summary>
    public long Sum => Volatile.Read(ref sum);

    /// <summary>Counts <paramref name="count"/> equal durations.</summary>
    /// <param name="nanoseconds">Not negative.</param>
    /// <param name="count">How many.</param>
    public void Add(long nanoseconds, int count)
    {
        counts[Index(nanoseconds)] += count;
        Volatile.Write(ref sum, sum + (nanoseconds * count));
    }

    /// <summary>Ends an interval: what was counted since the last call becomes the recent part.</summary>
    public void Roll()
    {
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            recent[bucket] = counts[bucket] - rolled[bucket];
            rolled[bucket] = counts[bucket];
        }
    }

    /// <summary>Copies all counts, <see cref="Buckets"/> of them.</summary>
    public void CopyTo(Span<long> destination) => counts.CopyTo(destination);

    /// <summary>Adds the counts of the interval that ended last to <paramref name="destination"/>.</summary>
    public void AddRecentTo(Span<long> destination)
    {
        for (int bucket = 0; bucket < Buckets; bucket++)
            destination[bucket] += recent[bucket];
    }

    /// <summary>Longest duration that bucket <paramref name="bucket"/> takes, in nanoseconds; <see cref="long.MaxValue"/> for the last.</summary>
    public static long UpperBound(int bucket)
    {
        if (bucket == Buckets - 1)
            return long.MaxValue;
        (int power, int sub) = Math.DivRem(bucket, SubBuckets);
        return (long)(SubBuckets + sub + 1) << (power + SmallestPower - SubBits);
    }

    /// <summary>
    /// The duration that a share of <paramref name="counts"/> does not exceed, in nanoseconds, too long by at most an eighth; null when
    /// nothing was counted.
    /// </summary>
    public static long? Quantile(ReadOnlySpan<long> counts, double share)
    {
        long total = 0;
        foreach (long count in counts)
            total += count;
        if (total == 0)
            return null;
        double rank = Math.Max(1, share * total);
        long passed = 0;
        for (int bucket = 0; bucket < Buckets - 1; bucket++)
        {
            passed += counts[bucket];
            if (passed >= rank)
                return UpperBound(bucket);
        }

        return UpperBound(Buckets - 2);
    }

    private static int Index(long nanoseconds)
    {
        // Bounds are inclusive, as those of Prometheus.
        ulong value = (ulong)Math.Max(nanoseconds - 1, 1L << SmallestPower);
        int power = BitOperations.Log2(value);
        if (power >= LargestPower)
            return Buckets - 1;
        int sub = (int)(value >> (power - SubBits)) & (SubBuckets - 1);
        return ((power - SmallestPower) * SubBuckets) + sub;
    }
}
