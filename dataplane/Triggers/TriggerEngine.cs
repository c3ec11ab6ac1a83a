using OppTel.Telemetry;
using OppTel.Triggers.Conditions;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers;

/// <summary>
/// Evaluates all triggers from what the thread that takes records has published; that thread does not notice. One thread calls
/// <see cref="Step"/>; counts are read by any. Has no clock of its own.
/// </summary>
public sealed class TriggerEngine
{
    /// <summary>Series that are looked at, of all triggers together.</summary>
    public const int MaxWatched = 20_000;

    private const ulong RefreshNanoseconds = 100_000_000;

    private readonly SeriesTable table;
    private readonly IAnomalySource? anomalies;
    private readonly Action<Firing> fire;
    private readonly TriggerWatch[] watches;
    private readonly List<OpenAnomaly> open = [];
    private IReadOnlyList<Series>? known;
    private ulong refreshed;
    private int leftOut;

    /// <summary>An engine that has looked at nothing yet.</summary>
    /// <param name="rules">The triggers.</param>
    /// <param name="table">All series.</param>
    /// <param name="anomalies">Which anomalies last; null when nobody looks for them.</param>
    /// <param name="fire">Called on the evaluating thread: it must neither wait nor throw.</param>
    public TriggerEngine(IReadOnlyList<TriggerRule> rules, SeriesTable table, IAnomalySource? anomalies, Action<Firing> fire)
    {
        this.table = table;
        this.anomalies = anomalies;
        this.fire = fire;
        watches = [.. rules.Select((rule, number) => new TriggerWatch(number, rule))];
    }

    /// <summary>Series that are looked at now; one counts for each trigger that looks at it.</summary>
    public int Watched => watches.Sum(watch => watch.Count);

    /// <summary>Series that ought to be looked at and found no room.</summary>
    public int LeftOut => Volatile.Read(ref leftOut);

    /// <summary>What a trigger has done.</summary>
    /// <param name="number">Its number among the rules.</param>
    public TriggerCounts Counts(int number) =>
        new(watches[number].State.Phase, watches[number].State.Fired, watches[number].State.Suppressed, watches[number].State.Overflows);

    /// <summary>Looks once.</summary>
    /// <param name="now">The DPU's clock, in nanoseconds; never less than before.</param>
    public void Step(ulong now)
    {
        IReadOnlyList<Series> snapshot = table.Snapshot;
        if (!ReferenceEquals(snapshot, known) && (known is null || now - refreshed >= RefreshNanoseconds))
        {
            Refresh(snapshot);
            (known, refreshed) = (snapshot, now);
        }

        open.Clear();
        anomalies?.AddOpen(open);
        foreach (TriggerWatch watch in watches)
            watch.Step(now, open, fire);
    }

    private void Refresh(IReadOnlyList<Series> snapshot)
    {
        (int room, int without) = (MaxWatched, 0);
        foreach (TriggerWatch watch in watches)
        {
            without += watch.Refresh(snapshot, room);
            room -= watch.Count;
        }

        Volatile.Write(ref leftOut, without);
    }
}

/// <summary>What a trigger has done.</summary>
/// <param name="Phase">What it does now.</param>
/// <param name="Fired">Times that it fired.</param>
/// <param name="Suppressed">Times that its condition came true within the hold-off.</param>
/// <param name="HostsLeftOut">Times that a host found no place.</param>
public readonly record struct TriggerCounts(TriggerPhase Phase, ulong Fired, ulong Suppressed, ulong HostsLeftOut);
