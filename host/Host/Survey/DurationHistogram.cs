namespace OppTel.Host.Survey;

/// <summary>A bucket of a <see cref="DurationHistogram"/>, in nanoseconds.</summary>
/// <param name="From">The shortest duration that belongs to it.</param>
/// <param name="To">The first that is too long.</param>
/// <param name="Count">How many it holds.</param>
/// <param name="Mean">Of those.</param>
public readonly record struct DurationBucket(ulong From, ulong To, ulong Count, double Mean);

/// <summary>
/// Counts durations by their two leading decimal digits, so that buckets are at most a tenth wide and round numbers are their
/// bounds. Every bucket knows its mean.
/// </summary>
public sealed class DurationHistogram
{
    private const int Exact = 100;
    private const int PerDecade = 90;
    private static readonly ulong[] Powers = [.. Enumerable.Range(0, 16).Select(power => (ulong)Math.Pow(10, power))];
    private static readonly int Buckets = Exact + ((Powers.Length - 2) * PerDecade);

    private readonly ulong[] counts = new ulong[Buckets];
    private readonly ulong[] sums = new ulong[Buckets];

    /// <summary>How many were counted.</summary>
    public ulong Count { get; private set; }

    /// <summary>Sum of all, in nanoseconds.</summary>
    public ulong Sum { get; private set; }

    /// <summary>The longest, in nanoseconds.</summary>
    public ulong Longest { get; private set; }

    /// <summary>Buckets that are not empty, shortest first.</summary>
    public IEnumerable<DurationBucket> Filled =>
        from bucket in Enumerable.Range(0, Buckets)
        where counts[bucket] > 0
        select new DurationBucket(Start(bucket), Start(bucket + 1), counts[bucket], (double)sums[bucket] / counts[bucket]);

    /// <summary>Counts <paramref name="count"/> equal durations.</summary>
    /// <param name="nanoseconds">Less than eleven days.</param>
    /// <param name="count">How many.</param>
    public void Add(ulong nanoseconds, ulong count = 1)
    {
        int bucket = Index(nanoseconds);
        counts[bucket] += count;
        sums[bucket] += nanoseconds * count;
        Count += count;
        Sum += nanoseconds * count;
        Longest = Math.Max(Longest, nanoseconds);
    }

    /// <summary>The duration in nanoseconds that a share of all does not exceed, within its bucket; null when there is none.</summary>
    public double? Quantile(double share)
    {
        double rank = share * Count;
        ulong passed = 0;
        foreach (DurationBucket bucket in Filled)
        {
            passed += bucket.Count;
            if (passed >= rank)
                return bucket.Mean;
        }

        return null;
    }

    /// <summary>
    /// What something that was renewed after each of these durations was old: at a moment chosen at random, a share of all that
    /// time it was not older than this many nanoseconds. Null when no time passed.
    /// </summary>
    public double? AgeQuantile(double share)
    {
        if (Sum == 0)
            return null;
        // Time spent at ages above a is the sum over all longer durations of what they have above a.
        double above = (1 - share) * Sum, time = 0, count = 0;
        DurationBucket[] buckets = [.. Filled.Reverse()];
        for (int index = 0; index < buckets.Length; index++)
        {
            time += buckets[index].Mean * buckets[index].Count;
            count += buckets[index].Count;
            double shorter = index + 1 < buckets.Length ? buckets[index + 1].Mean : 0;
            if (time - (count * shorter) >= above)
                return Math.Min((time - above) / count, Longest);
        }

        return 0;
    }

    private static int Index(ulong nanoseconds)
    {
        if (nanoseconds < Exact)
            return (int)nanoseconds;
        int decade = 2;
        while (decade + 1 < Powers.Length && nanoseconds >= Powers[decade + 1])
            decade++;
        int digits = (int)Math.Min(nanoseconds / Powers[decade - 1], Exact - 1);
        return Exact + ((decade - 2) * PerDecade) + digits - (Exact - PerDecade);
    }

    private static ulong Start(int bucket)
    {
        if (bucket < Exact)
            return (ulong)bucket;
        (int decade, int digits) = Math.DivRem(bucket - Exact, PerDecade);
        return (ulong)(digits + Exact - PerDecade) * Powers[decade + 1];
    }
}
