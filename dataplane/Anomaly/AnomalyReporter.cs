namespace OppTel.Anomaly;

/// <summary>Numbers anomalies, writes them down and tells who wants to know, on the thread that looks for them.</summary>
/// <param name="log">Where they are written down.</param>
/// <param name="clock">The DPU's clock, in nanoseconds.</param>
/// <param name="told">Is told of each one that begins or ends.</param>
internal sealed class AnomalyReporter(AnomalyLog log, Func<ulong> clock, Action<AnomalyEvent> told)
{
    private long lastId;

    /// <summary>Times from the arrival of the first unusual record to the alarm.</summary>
    public DetectionTimes Times { get; } = new();

    public DetectedAnomaly Start(
        AnomalyModel model, ulong onset, ulong arrival, double score, double threshold, IReadOnlyList<Contributor> contributors)
    {
        ulong detected = clock();
        Times.Add(arrival, detected);
        DetectedAnomaly anomaly = new(++lastId, model.Host, model.Cgroup, onset, detected, null, score, threshold, contributors);
        log.Add(anomaly);
        told(new AnomalyEvent(anomaly, IsStart: true));
        return anomaly;
    }

    public void Update(DetectedAnomaly anomaly) => log.Update(anomaly);

    public void End(DetectedAnomaly anomaly)
    {
        log.Update(anomaly);
        told(new AnomalyEvent(anomaly, IsStart: false));
    }
}
