using OppTel.Anomaly;
using OppTel.Triggers.Rules;

namespace OppTel.Aggregator;

/// <summary>
/// The anomalies that last, for triggers. The thread that looks for anomalies tells of them, the one that evaluates triggers asks; neither
/// waits for the other.
/// </summary>
internal sealed class OpenAnomalies : IAnomalySource
{
    private readonly AnomalyEngine engine;
    private Entry[] entries = [];

    /// <summary>Listens from now on.</summary>
    public OpenAnomalies(AnomalyEngine engine)
    {
        this.engine = engine;
        engine.Happened += Take;
    }

    /// <inheritdoc/>
    public void AddOpen(List<OpenAnomaly> open)
    {
        foreach (Entry entry in Volatile.Read(ref entries))
            open.Add(new OpenAnomaly(entry.Anomaly.Host, entry.Anomaly.Cgroup, entry.Peak()));
    }

    private void Take(AnomalyEvent happened)
    {
        IEnumerable<Entry> others = entries.Where(entry => entry.Anomaly.Id != happened.Anomaly.Id);
        Volatile.Write(ref entries, happened.IsStart ? [.. others, new Entry(happened.Anomaly, ModelOf(happened.Anomaly))] : [.. others]);
    }

    private AnomalyModel? ModelOf(DetectedAnomaly anomaly) =>
        engine.Models.FirstOrDefault(model => model.Host == anomaly.Host && model.Cgroup == anomaly.Cgroup);

    /// <summary>One that lasts, and its model: the score grows after the beginning.</summary>
    private sealed class Entry(DetectedAnomaly anomaly, AnomalyModel? model)
    {
        private double peak = anomaly.Score;

        public DetectedAnomaly Anomaly => anomaly;

        /// <summary>The highest score that the one thread which asks has seen.</summary>
        public double Peak() => peak = Math.Max(peak, model?.Score ?? 0);
    }
}
