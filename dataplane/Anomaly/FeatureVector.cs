using OppTel.Telemetry;

namespace OppTel.Anomaly;

/// <summary>The features of one model with the series that they are made of, as of the last look. Looking allocates nothing.</summary>
/// <param name="capacity">Most features.</param>
/// <param name="step">Time between two looks.</param>
/// <param name="forget">Is told of a feature that makes place for another one.</param>
internal sealed class FeatureVector(int capacity, TimeSpan step, Action<int> forget)
{
    /// <summary>What is beyond has no square, and so no variance: one such value would stay in a mean for ever.</summary>
    private const double LargestValue = 1e150;

    /// <summary>A host that sends nothing for so long does not say that its counters stand still.</summary>
    private const int SilentSteps = 10;

    private readonly List<Feature> features = [];
    private readonly List<SeriesReader> readers = [];
    private readonly double[] values = new double[capacity];
    private readonly bool[] isFresh = new bool[capacity];
    private readonly bool[] isKnown = new bool[capacity];
    private ulong lastLook;
    private ulong heardBefore;

    public int Count => features.Count;

    public Feature this[int feature] => features[feature];

    /// <summary>Value of a feature: the sum over its series.</summary>
    public double Value(int feature) => values[feature];

    /// <summary>Whether any of its series has had a value.</summary>
    public bool IsKnown(int feature) => isKnown[feature];

    /// <summary>Whether the last look found anything new of a feature.</summary>
    public bool IsFresh(int feature) => isFresh[feature];

    /// <summary>One of its series; null when there is none.</summary>
    public Series? AnySeries => readers.Count > 0 ? readers[0].Series : null;

    /// <summary>Adds a series to its feature; false when that would be one too many.</summary>
    public bool TryAdd(Series series, MetricRule rule)
    {
        KeyValuePair<string, string>[] labels = Feature.LabelsOf(series, rule);
        int found = features.FindIndex(feature => feature.Name == series.Family.Name && feature.Labels.SequenceEqual(labels));
        if (found < 0)
        {
            found = FindPlace();
            if (found < 0)
                return false;
            Put(found, new Feature(series.Family.Name, labels, series.Family.Kind, step.TotalSeconds));
        }

        readers.Add(new SeriesReader(series, found, step.Ticks * 100));
        return true;
    }

    /// <summary>Takes the series out that are not wanted any more; their features stay while there is place, as the same ones may come again.</summary>
    public void Remove(Predicate<Series> isUnwanted) => readers.RemoveAll(reader => isUnwanted(reader.Series));

    /// <summary>Looks at all series.</summary>
    /// <param name="now">The DPU's clock.</param>
    public void Read(ulong now)
    {
        values.AsSpan().Clear();
        isFresh.AsSpan().Clear();
        isKnown.AsSpan().Clear();
        ulong heard = AnySeries?.Host.LastArrival ?? 0;
        long silence = (long)Elapsed.Between(heardBefore, heard);
        if (silence < SilentSteps * step.Ticks * 100)
            silence = 0;
        foreach (SeriesReader reader in readers)
        {
            reader.Read(heard, silence, lastLook);
            values[reader.Feature] += reader.Current;
            isFresh[reader.Feature] |= reader.IsFresh;
            isKnown[reader.Feature] |= reader.IsKnown;
        }

        for (int feature = 0; feature < features.Count; feature++)
        {
            // Not a number is not within either.
            if (!(Math.Abs(values[feature]) <= LargestValue))
                (values[feature], isKnown[feature], isFresh[feature]) = (0, false, false);
        }

        (lastLook, heardBefore) = (now, heard);
    }

    /// <summary>Whether all that the last look found new of a feature comes seldom, and tells more than of a moment.</summary>
    public bool IsSlow(int feature)
    {
        bool isSlow = true;
        foreach (SeriesReader reader in readers)
            isSlow &= reader.Feature != feature || !reader.IsFresh || reader.IsSlow;
        return isSlow;
    }

    /// <summary>How many steps that tells of which the last look found new of a feature: 1 at least.</summary>
    public double StepsCovered(int feature)
    {
        long covered = 0;
        foreach (SeriesReader reader in readers)
        {
            if (reader.Feature == feature && reader.IsFresh)
                covered = Math.Max(covered, reader.Covered);
        }

        return Math.Max(1, covered / (step.Ticks * 100.0));
    }

    /// <summary>When the first record may have arrived of what the last look found new of a feature.</summary>
    public ulong EarliestArrival(int feature)
    {
        ulong earliest = ulong.MaxValue;
        foreach (SeriesReader reader in readers)
        {
            if (reader.Feature == feature && reader.IsFresh)
                earliest = Math.Min(earliest, reader.EarliestArrival);
        }

        return earliest;
    }

    /// <summary>The next free place, or else one of a feature without series; -1 when there is none.</summary>
    private int FindPlace() => features.Count < capacity
        ? features.Count
        : Enumerable.Range(0, capacity).FirstOrDefault(feature => !readers.Exists(reader => reader.Feature == feature), -1);

    private void Put(int place, Feature feature)
    {
        if (place == features.Count)
        {
            features.Add(feature);
            return;
        }

        forget(place);
        features[place] = feature;
    }
}
