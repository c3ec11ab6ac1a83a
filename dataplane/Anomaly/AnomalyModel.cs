namespace OppTel.Anomaly;

/// <summary>
/// What is usual for a host or a cgroup, and whether it is so now. One thread steps it, without allocation but for anomalies; the properties
/// are read by any.
/// </summary>
public sealed class AnomalyModel
{
    /// <summary>Most features of a host.</summary>
    public const int MaxFeatures = 64;

    /// <summary>Most features of a cgroup.</summary>
    internal const int MaxCgroupFeatures = 16;

    /// <summary>Steps of which one is learned by the subspace: the ones beside it say nearly the same, and learning is most of the cost.</summary>
    private const int StepsPerVector = 4;

    /// <summary>The most that one step may contribute to the evidence that is needed: a moment alone is no anomaly,</summary>
    private const double MostOfAMoment = 0.9;

    /// <summary>unless its score is above the threshold by this power of two.</summary>
    private const double Certain = 3;

    /// <summary>What comes seldom says no more than this many steps in a row.</summary>
    private const double MostStepsOfARecord = 2;

    private readonly AnomalySettings settings;
    private readonly Alarm alarm;
    private readonly Standardizer standardizer;
    private readonly Subspace subspace;
    private readonly StreamingThreshold threshold;
    private readonly double[] transformed;
    private readonly double[] vector;
    private readonly double[] shares;
    private readonly int warmUp;
    private double evidence;
    private double score;
    private long learned;
    private ulong onset;
    private ulong onsetArrival;

    internal AnomalyModel(string host, string? cgroup, AnomalySettings settings, AnomalyReporter reporter)
    {
        (Host, Cgroup, this.settings) = (host, cgroup, settings);
        int capacity = cgroup is null ? MaxFeatures : MaxCgroupFeatures, memory = settings.StepsOf(settings.Memory);
        warmUp = settings.StepsOf(settings.WarmUp);
        Features = new FeatureVector(capacity, settings.Step);
        standardizer = new Standardizer(capacity, warmUp / 3, memory);
        subspace = new Subspace(capacity, Math.Max(1, memory / StepsPerVector));
        threshold = new StreamingThreshold(settings.Quantile, memory, settings.StepsOf(TimeSpan.FromSeconds(1)));
        alarm = new Alarm(this, settings, reporter);
        transformed = new double[capacity];
        vector = new double[capacity];
        shares = new double[capacity];
    }

    /// <summary>The host.</summary>
    public string Host { get; }

    /// <summary>The cgroup; null for the whole host.</summary>
    public string? Cgroup { get; }

    /// <summary>How unusual the last step was, in standard deviations.</summary>
    public double Score => Volatile.Read(ref score);

    /// <summary>What the score usually stays below.</summary>
    public double Threshold { get; private set; } = StreamingThreshold.Least;

    /// <summary>Steps that it learned from.</summary>
    public long Learned => Volatile.Read(ref learned);

    /// <summary>Whether it has learned enough to alarm.</summary>
    public bool IsWarm => Learned >= warmUp;

    /// <summary>Features.</summary>
    public int Metrics { get; internal set; }

    /// <summary>Anomalies so far.</summary>
    public long Alarms => alarm.Count;

    internal FeatureVector Features { get; }

    /// <summary>One step.</summary>
    /// <param name="now">The DPU's clock.</param>
    internal void Step(ulong now)
    {
        Features.Read(now);
        for (int feature = 0; feature < Features.Count; feature++)
        {
            transformed[feature] = Features[feature].Transform(Features.Value(feature));
            vector[feature] = Features.IsKnown(feature) ? standardizer.Score(feature, transformed[feature], Floor(feature)) : 0;
        }

        Volatile.Write(ref score, subspace.Score(vector));
        if (IsWarm)
            Judge(now);
        if (alarm.IsRaised)
            return;
        Learn();
    }

    /// <summary>Ends what lasts: there is nothing to look at any more.</summary>
    internal void Leave() => alarm.Clear();

    /// <summary>Takes the last step apart, the largest share first.</summary>
    internal IReadOnlyList<Contributor> Explain(int most)
    {
        subspace.Explain(vector, shares);
        double sum = Math.Max(double.Epsilon, shares.Sum());
        return
        [
            .. Enumerable.Range(0, Features.Count).Where(feature => shares[feature] > 0.01 * sum)
                .OrderByDescending(feature => shares[feature]).Take(most).Select(feature => new Contributor(
                    Features[feature].Name, Features[feature].Labels, shares[feature] / sum, Features.Value(feature),
                    Features[feature].Restore(standardizer.Mean(feature)))),
        ];
    }

    private double Floor(int feature) => Features[feature].Floor(standardizer.Mean(feature));

    private void Judge(ulong now)
    {
        Threshold = threshold.Value;
        double gain = Math.Log2(Math.Max(score, double.Epsilon) / Threshold);
        if (gain > 0)
            gain = WeighNews(now);
        evidence = Math.Clamp(evidence + gain, 0, 2 * settings.Evidence);
        if (evidence == 0)
            onset = 0;
        if (alarm.IsRaised)
        {
            if (alarm.Continue(now, score, Threshold))
                return;
            threshold.RecordAnomaly(alarm.Peak);
            evidence = 0;
            if (alarm.WasAccepted)
                Restart();
        }
        else if (evidence >= settings.Evidence)
        {
            alarm.Raise(now, onset, onsetArrival, score, Threshold);
        }
    }

    /// <summary>
    /// Evidence is the part of the score that is new in this step: a value that is read once a second and waits there is one piece of
    /// it, and not one for each step. What lasts only a moment is not enough.
    /// </summary>
    private double WeighNews(ulong now)
    {
        subspace.Explain(vector, shares);
        double fresh = 0, all = 0;
        int top = -1;
        for (int feature = 0; feature < Features.Count; feature++)
        {
            all += shares[feature];
            if (!Features.IsFresh(feature))
                continue;
            fresh += shares[feature];
            top = top < 0 || shares[feature] > shares[top] ? feature : top;
        }

        double gain = Math.Log2(score * Math.Sqrt(fresh / all) / Threshold);
        if (top < 0 || gain <= 0)
            return 0;
        if (onset == 0)
            (onset, onsetArrival) = (now, Features.EarliestArrival(top));
        if (gain > Certain || Features.IsSlow(top))
            return gain;
        // The mean over several steps says of each of them what the value of one says of one.
        double steps = Math.Min(Features.StepsCovered(top), MostStepsOfARecord);
        return Math.Min(gain * steps, MostOfAMoment * settings.Evidence * steps);
    }

    private void Learn()
    {
        for (int feature = 0; feature < Features.Count; feature++)
        {
            if (Features.IsKnown(feature))
                standardizer.Learn(feature, transformed[feature], Floor(feature));
        }

        // Each stands on the one before: means and deviations, then directions of what deviates, then scores.
        if (learned >= warmUp / 3 && learned % StepsPerVector == 0)
            subspace.Learn(vector, IsWarm ? Threshold : double.PositiveInfinity);
        if (learned >= warmUp / 3 * 2)
            threshold.Record(score);

        Volatile.Write(ref learned, learned + 1);
        if (learned == warmUp)
            threshold.Refresh();
    }

    private void Restart()
    {
        standardizer.Clear();
        subspace.Clear();
        threshold.Clear();
        Volatile.Write(ref learned, 0);
    }
}
