using OppTel.Telemetry;

namespace OppTel.Anomaly;

/// <summary>
/// Looks at all series every step and says what is unusual. One thread calls <see cref="Step"/>, never the one that takes records; it only
/// reads what that publishes. Everything else is read by any thread.
/// </summary>
public sealed class AnomalyEngine
{
    /// <summary>A host that has been silent for so many steps is not judged: nothing is known of it.</summary>
    private const ulong SilentSteps = 40;

    private const ulong RefreshNanoseconds = 1_000_000_000;

    private readonly SeriesTable series;
    private readonly AnomalySettings settings;
    private readonly Func<ulong> clock;
    private readonly AnomalyReporter reporter;
    private readonly ModelTable table;
    private IReadOnlyList<Series>? known;
    private ulong refreshed;

    /// <summary>An engine without models.</summary>
    /// <param name="series">The series.</param>
    /// <param name="settings">How to look.</param>
    /// <param name="clock">The DPU's clock, in nanoseconds.</param>
    public AnomalyEngine(SeriesTable series, AnomalySettings settings, Func<ulong> clock)
    {
        (this.series, this.settings, this.clock) = (series, settings, clock);
        reporter = new AnomalyReporter(Log, clock, happened => Happened?.Invoke(happened));
        table = new ModelTable(settings, reporter);
    }

    /// <summary>Tells of each anomaly that begins or ends, on the thread that looks for them: a handler must neither wait nor throw.</summary>
    public event Action<AnomalyEvent>? Happened;

    /// <summary>The last anomalies.</summary>
    public AnomalyLog Log { get; } = new();

    /// <summary>All models.</summary>
    public IReadOnlyList<AnomalyModel> Models => table.Models;

    /// <summary>Series that should be looked at and have no place in a model.</summary>
    public int LeftOut => table.LeftOut;

    /// <summary>Most models.</summary>
    public int MaxModels => settings.MaxModels;

    /// <summary>How long detection took.</summary>
    public DetectionTimes Times => reporter.Times;

    /// <summary>Looks once. Allocates nothing unless series, or anomalies, come or go.</summary>
    public void Step()
    {
        ulong now = clock();
        IReadOnlyList<Series> snapshot = series.Snapshot;
        if (snapshot != known || Elapsed.Between(refreshed, now) >= RefreshNanoseconds)
        {
            table.Refresh(snapshot);
            (known, refreshed) = (snapshot, now);
        }

        ulong silence = SilentSteps * (ulong)settings.Step.Ticks * 100;
        foreach (AnomalyModel model in table.Models)
        {
            // A cgroup that has just ended would look like one that suddenly does nothing.
            if (model.Features.AnySeries is { } any && (any.IsHeld || model.Cgroup is null) && Elapsed.Between(any.Host.LastArrival, now) < silence)
                model.Step(now);
        }
    }
}
