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

    /// <summary>Steps without anything unusual after which what comes next is another beginning.</summary>
    private const int CalmSteps = 4;

    private readonly AnomalySettings settings;
    private readonly Alarm alarm;
    private readonly Standardizer standardizer;
    private readonly Subspace subspace;
    private readonly ScoreSpan[] spans;
    private readonly double[] transformed;
    private readonly double[] vector;
    private readonly double[] shares;
    private readonly int warmUp;
    private double score;
    private int calm;
    private long learned;
    private ulong onset;
    private ulong onsetArrival;

    internal AnomalyModel(string host, string? cgroup, AnomalySettings settings, AnomalyReporter reporter)
    {
        (Host, Cgroup, this.settings) = (host, cgroup, settings);
        int capacity = cgroup is null ? MaxFeatures : MaxCgroupFeatures, memory = settings.StepsOf(settings.Memory);
        warmUp = settings.StepsOf(settings.WarmUp);
        standardizer = new Standardizer(capacity, warmUp / 3, memory);
        Features = new FeatureVector(capacity, settings.Step, standardizer.Clear);
        subspace = new Subspace(capacity, Math.Max(1, memory / StepsPerVector));
        spans = ScoreSpan.Of(settings);
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
        Threshold = spans[0].Threshold;
        bool isCertain = Weigh(now);
        if (alarm.IsRaised)
        {
            if (alarm.Continue(now, score, Threshold))
                return;
            foreach (ScoreSpan span in spans)
                span.RecordAnomaly(alarm.Peak);
            if (alarm.WasAccepted)
                Restart();
        }
        else if (isCertain)
        {
            alarm.Raise(now, onset, onsetArrival, score, Threshold);
        }
    }

    /// <summary>Looks at what is new in this step over all spans; whether it is more than what has been usual in one of them.</summary>
    private bool Weigh(ulong now)
    {
        double news = News(out int top);
        if (news > Threshold)
        {
            calm = 0;
            if (onset == 0)
                (onset, onsetArrival) = (now, Features.EarliestArrival(top));
        }
        else if (++calm >= CalmSteps)
        {
            onset = 0;
        }

        // The mean over several steps says of each of them what the value of one says of one, and what comes seldom is no glance at a moment.
        double steps = top < 0 ? 1 : Features.IsSlow(top) ? CalmSteps : Features.StepsCovered(top);
        bool isCertain = false;
        foreach (ScoreSpan span in spans)
            isCertain |= span.Exceeds(news, steps);
        return isCertain && onset != 0;
    }

    /// <summary>
    /// The part of the score that is new in this step: a value that is read once a second and waits there is one piece of news, and not
    /// one for each step.
    /// </summary>
    private double News(out int top)
    {
        subspace.Explain(vector, shares);
        double fresh = 0, all = 0;
        top = -1;
        for (int feature = 0; feature < Features.Count; feature++)
        {
            all += shares[feature];
            if (!Features.IsFresh(feature))
                continue;
            fresh += shares[feature];
            top = top < 0 || shares[feature] > shares[top] ? feature : top;
        }

        return all > 0 ? score * Math.Sqrt(fresh / all) : 0;
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
        if (learned >= warmUp / 2)
        {
            foreach (ScoreSpan span in spans)
                span.Record(score);
        }

        Volatile.Write(ref learned, learned + 1);
        if (learned == warmUp)
        {
            foreach (ScoreSpan span in spans)
                span.Refresh();
        }
    }

    private void Restart()
    {
        standardizer.Clear();
        subspace.Clear();
        foreach (ScoreSpan span in spans)
            span.Clear();
        Volatile.Write(ref learned, 0);
    }
}
