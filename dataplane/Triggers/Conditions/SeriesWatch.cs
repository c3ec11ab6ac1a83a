using OppTel.Telemetry;
using OppTel.Triggers.Rules;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Triggers.Conditions;

/// <summary>One series under one condition. Allocates nothing once it is made.</summary>
/// <param name="series">The series.</param>
/// <param name="condition">The condition.</param>
internal sealed class SeriesWatch(Series series, SeriesCondition condition)
{
    /// <summary>Of a host that has been silent for this long, in nanoseconds, nothing is known; nor of what has ended.</summary>
    public const ulong Silence = 2_000_000_000;

    private readonly ulong lasting = (ulong)condition.For.Ticks * 100;
    private RateWindow window = new((ulong)condition.Over.Ticks * 100);
    private double last;
    private ulong since;
    private bool isBeyond;

    public Series Series => series;

    /// <summary>Looks at the series; true while the condition has held for as long as it asks for.</summary>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    /// <param name="value">What was compared.</param>
    public bool Look(ulong now, out double value)
    {
        if (series.StateAt(now, Silence) == SeriesState.Live && series.TryRead(out SeriesValue read))
            return Judge(now, read.Value, Math.Min(read.Arrival, now), out value);
        Forget();
        value = 0;
        return false;
    }

    /// <summary>The same for a value that is known.</summary>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    /// <param name="read">The series' value.</param>
    /// <param name="arrival">When it came; not after now.</param>
    /// <param name="value">What was compared.</param>
    public bool Judge(ulong now, double read, ulong arrival, out double value)
    {
        value = read;
        bool isKnown = !condition.IsRate || TryRate(now, read, out value);
        if (!isKnown || !condition.IsBeyond(value))
        {
            isBeyond = false;
            return false;
        }

        if (!isBeyond)
            // A rate is beyond from the moment when it was looked at.
            since = condition.IsRate ? now : arrival;
        isBeyond = true;
        return now - since >= lasting;
    }

    private bool TryRate(ulong now, double read, out double rate)
    {
        // A counter that fell began again.
        if (read < last && series.Family.Kind != Kind.Gauge)
            window.Clear();
        last = read;
        return window.TryAdd(now, read, out rate, out _);
    }

    private void Forget()
    {
        isBeyond = false;
        window.Clear();
    }
}
