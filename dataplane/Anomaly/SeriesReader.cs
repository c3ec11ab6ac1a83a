using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Anomaly;

/// <summary>
/// What a series is worth from step to step. Of a counter that is its rate over the true time between two of its values. A counter that
/// does not change is not sent: when its next value is overdue by what it was used to, its rate is 0. Allocates nothing.
/// </summary>
/// <param name="series">Any but a histogram's.</param>
/// <param name="feature">Index of the feature that it is a part of.</param>
/// <param name="step">Nanoseconds between two looks.</param>
internal sealed class SeriesReader(Series series, int feature, long step)
{
    private const int SlowSteps = 10;

    /// <summary>A series that had one short interval is one of bursts, and no value of it stands for longer than about this.</summary>
    private const int BurstSteps = 4;

    private readonly bool isGauge = series.Family.Kind == Kind.Gauge;
    private SeriesValue last;
    private ulong seen;
    private long interval;
    private long intervalBefore;
    private long excused;

    public Series Series => series;

    public int Feature => feature;

    /// <summary>The gauge's value, or the counter's rate per second; 0 while unknown.</summary>
    public double Current { get; private set; }

    /// <summary>Whether <see cref="Current"/> is known.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Whether the last look found something new.</summary>
    public bool IsFresh { get; private set; }

    /// <summary>Whether its values are so far apart that each is no glance at a moment, but what lasts.</summary>
    public bool IsSlow => Math.Min(interval, intervalBefore) > SlowSteps * step;

    /// <summary>When the first record of what the last look found new may have arrived, by the DPU's clock.</summary>
    public ulong EarliestArrival { get; private set; }

    /// <summary>What the last new value tells of, in nanoseconds.</summary>
    public long Covered { get; private set; }

    /// <summary>
    /// How long the next value of a counter may take, in nanoseconds, until its silence means that it stands still. A gap between
    /// bursts is none that values are used to: one burst would seem to last as long.
    /// </summary>
    private long Patience => (Math.Clamp(
        Math.Max(interval, intervalBefore), 0, Math.Max(Math.Min(interval, intervalBefore), BurstSteps * step)) * 3 / 2) + (step / 2);

    /// <summary>Looks at the series.</summary>
    /// <param name="heard">When the host was last heard, by the DPU's clock: only while others come, silence says something.</param>
    /// <param name="silence">How long nothing at all had come from it before, in nanoseconds.</param>
    /// <param name="lastLook">When the last look was.</param>
    public void Read(ulong heard, long silence, ulong lastLook)
    {
        IsFresh = false;
        excused += silence;
        if (!series.TryRead(out SeriesValue value) || !double.IsFinite(value.Value))
            return;
        if (value.Updates == seen)
        {
            if (!isGauge && Elapsed.Between(last.Arrival, heard) > (ulong)(Patience + excused))
                Current = 0;
            return;
        }

        EarliestArrival = value.Updates == seen + 1 ? value.Arrival : lastLook;
        long elapsed = seen == 0 ? 0 : value.Stamp - last.Stamp;
        if (isGauge)
            (Current, IsKnown, Covered) = (value.Value, true, step);
        else if (!TryRate(value, elapsed))
            return;
        (interval, intervalBefore) = (elapsed, interval);
        IsFresh = seen != 0;
        (last, seen, excused) = (value, value.Updates, 0);
    }

    /// <summary>False when too little time has passed since the last value for a rate: later ones will tell.</summary>
    private bool TryRate(in SeriesValue value, long elapsed)
    {
        // The first value, or the first one of another sender.
        if (seen == 0 || value.Value < last.Value || elapsed <= 0)
            return true;
        if (elapsed < step / 2)
            return false;
        // Behind a silence of this series alone, what is new has come about at its end.
        long within = interval == 0 ? elapsed : Math.Min(elapsed, Patience + excused);
        Covered = within;
        (Current, IsKnown) = ((value.Value - last.Value) * 1e9 / within, true);
        return true;
    }
}
