namespace OppTel.Anomaly;

/// <summary>Whether a model is in an anomaly, and which.</summary>
internal sealed class Alarm(AnomalyModel model, AnomalySettings settings, AnomalyReporter reporter)
{
    private const int MaxContributors = 8;

    /// <summary>A peak is told again when it has grown by this factor.</summary>
    private const double Growth = 1.2;

    private DetectedAnomaly? current;
    private ulong lastUnusual;
    private long count;

    public bool IsRaised => current is not null;

    /// <summary>Anomalies so far.</summary>
    public long Count => Volatile.Read(ref count);

    /// <summary>The highest score of the last anomaly.</summary>
    public double Peak { get; private set; }

    /// <summary>Whether the last one ended because it lasted too long for an anomaly.</summary>
    public bool WasAccepted { get; private set; }

    /// <summary>Begins an anomaly.</summary>
    /// <param name="now">The DPU's clock at this step.</param>
    /// <param name="onset">The same at the first unusual step.</param>
    /// <param name="arrival">When the first record of what was unusual then may have arrived.</param>
    /// <param name="score">Of this step.</param>
    /// <param name="threshold">What it exceeds.</param>
    public void Raise(ulong now, ulong onset, ulong arrival, double score, double threshold)
    {
        Volatile.Write(ref count, count + 1);
        lastUnusual = now;
        Peak = score;
        current = reporter.Start(model, onset, arrival, score, threshold, model.Explain(MaxContributors));
    }

    /// <summary>Goes on with an anomaly; false when it ends.</summary>
    public bool Continue(ulong now, double score, double threshold)
    {
        DetectedAnomaly anomaly = current!;
        Peak = Math.Max(Peak, score);
        if (score > threshold)
            lastUnusual = now;
        if (score > anomaly.Score * Growth)
            reporter.Update(current = anomaly with { Score = score, Contributors = model.Explain(MaxContributors) });
        WasAccepted = now - anomaly.Start > (ulong)settings.AcceptAfter.Ticks * 100;
        if (!WasAccepted && now - lastUnusual < (ulong)settings.Quiet.Ticks * 100)
            return true;
        Clear();
        return false;
    }

    /// <summary>Ends what lasts.</summary>
    public void Clear()
    {
        if (current is null)
            return;
        reporter.End(current with { End = lastUnusual, Score = Peak });
        current = null;
    }
}
