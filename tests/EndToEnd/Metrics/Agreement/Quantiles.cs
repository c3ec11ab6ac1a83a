namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>A histogram: how many values there were, and quantiles, which may lie one bucket from where the source has them.</summary>
/// <param name="Metric">Name.</param>
/// <param name="Labels">Of the series.</param>
/// <param name="Source">Name of the source.</param>
/// <param name="Kind">What was recorded.</param>
/// <param name="What">Which of that.</param>
internal sealed record Quantiles(string Metric, (string, string)[] Labels, string Source, RecordKind Kind, Func<int, bool> What) : Row(Metric, Labels, Source)
{
    private const int Fewest = 500;

    /// <summary>Values at the edges of the window are on one side only: a quantile is between those of these ranks.</summary>
    private const double Edge = 0.005;

    /// <inheritdoc/>
    public override IEnumerable<Verdict> Judge(Window window)
    {
        ulong[] Values(int from, int to) => window.Recorder.Values(Kind, What, from, to);
        int[] begin = [window.Before.Accounts[0].Recorded, window.Before.Accounts[^1].Recorded];
        int[] end = [window.After.Accounts[0].Recorded, window.After.Accounts[^1].Recorded];
        // What was scraped ends at both ends just before the last account.
        ulong[] all = Values(begin[0], end[1]), least = Values(begin[1], end[0]), same = Values(begin[1], end[1]);
        (double Bound, double Count)[] ours = window.Buckets(Metric, Labels);
        double count = ours.Sum(bucket => bucket.Count);
        yield return Compare($"{Series} count", count, [least.Length, all.Length], 0, Fewest);
        Array.Sort(same);
        foreach (double quantile in (double[])[0.5, 0.9, 0.99])
        {
            if (same.Length == 0 || count == 0)
                yield break;
            int Bucket(double rank) => Array.FindIndex(ours, bucket => same[(int)(Math.Clamp(rank, 0, 1) * (same.Length - 1))] * 1e-9 < bucket.Bound);
            int own = Own(ours, quantile * count), low = Bucket(quantile - Edge), high = Bucket(quantile + Edge);
            int off = Math.Max(0, Math.Max(low - own, own - high));
            yield return new Verdict(
                $"{Series} p{quantile * 100}", Source, ours[own].Bound, ours[Bucket(quantile)].Bound, $"{off} buckets", off > 1 ? "does not agree" : "");
        }
    }

    private static int Own((double Bound, double Count)[] buckets, double rank)
    {
        int bucket = 0;
        for (double sum = buckets[0].Count; sum < rank && bucket < buckets.Length - 1; sum += buckets[bucket].Count)
            bucket++;
        return bucket;
    }
}
