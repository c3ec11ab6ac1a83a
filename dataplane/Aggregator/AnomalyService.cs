using OppTel.Anomaly;
using OppTel.Segment;
using OppTel.Telemetry;

namespace OppTel.Aggregator;

/// <summary>Looks for anomalies on a thread of its own, if the configuration says so.</summary>
internal sealed class AnomalyService : IDisposable
{
    /// <summary>Prepares the thread.</summary>
    /// <param name="configuration">Whether and how to look.</param>
    /// <param name="series">What to look at.</param>
    /// <param name="failed">Called when the thread ends by an exception.</param>
    public AnomalyService(AnomalyConfiguration configuration, SeriesTable series, Action<Exception> failed)
    {
        Engine = new AnomalyEngine(series, configuration.Settings, () => Boottime.Now);
        Loop = new AnomalyLoop(Engine, configuration.Settings.Step, () => Boottime.Now, failed);
        Enabled = configuration.Enabled;
    }

    /// <summary>Whether anomalies are looked for.</summary>
    public bool Enabled { get; }

    /// <summary>Models and anomalies, of which there are none when nobody looks.</summary>
    public AnomalyEngine Engine { get; }

    /// <summary>The thread.</summary>
    public AnomalyLoop Loop { get; }

    /// <summary>Starts looking.</summary>
    public void Start()
    {
        if (Enabled)
            Loop.Start();
    }

    public void Dispose() => Loop.Dispose();
}
