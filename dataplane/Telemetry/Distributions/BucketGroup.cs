namespace OppTel.Telemetry.Distributions;

/// <summary>The buckets of one histogram, or one other series, that feed the same distribution. Belongs to the drain thread.</summary>
/// <param name="key">The series' key without a bucket's bound.</param>
/// <param name="id">The distribution.</param>
/// <param name="name">Of the family under which it is shown.</param>
internal sealed class BucketGroup(string key, int id, string name)
{
    private readonly List<(double UpperBound, SeriesObserver Observer)> buckets = [];

    /// <summary>The series' key without a bucket's bound.</summary>
    public string Key => key;

    /// <summary>The distribution.</summary>
    public int Id => id;

    /// <summary>Of the family under which it is shown.</summary>
    public string Name => name;

    /// <summary>Whether nothing feeds it.</summary>
    public bool IsEmpty => buckets.Count == 0;

    /// <summary>Adds a bucket; the middles of its neighbours are known better from now on.</summary>
    public void Add(double upperBound, SeriesObserver observer)
    {
        int at = buckets.FindIndex(bucket => bucket.UpperBound > upperBound);
        if (at < 0)
            at = buckets.Count;
        buckets.Insert(at, (upperBound, observer));
        for (int index = at; index < Math.Min(at + 2, buckets.Count); index++)
            buckets[index].Observer.Middle = MiddleOf(index);
    }

    /// <summary>Takes a bucket out; bounds do not tell them apart, since 0 and -0 are two.</summary>
    public void Remove(SeriesObserver observer) => buckets.RemoveAll(bucket => bucket.Observer == observer);

    /// <summary>Halfway between a bucket's bounds; where one of them is missing or infinite, the other one.</summary>
    private double MiddleOf(int index)
    {
        double upper = buckets[index].UpperBound;
        double lower = index > 0 ? buckets[index - 1].UpperBound : Math.Min(0, upper);
        if (double.IsNegativeInfinity(lower))
            return upper;
        return double.IsPositiveInfinity(upper) ? lower : lower + ((upper - lower) / 2);
    }
}
