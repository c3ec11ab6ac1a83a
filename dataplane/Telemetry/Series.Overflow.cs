namespace OppTel.Telemetry;

/// <content>
/// Series beyond the bound of their metric are not shown: what they are worth goes into one series of the metric and host, so that sums
/// stay right.
/// </content>
public sealed partial class Series
{
    /// <summary>Value of the label <c>overflow</c> of the series that stands for all beyond the bound; it replaces the entity's labels.</summary>
    public const string OverflowLabel = "overflow";

    private int members;
    private double contributed;
    private bool isSetBack;

    /// <summary>Whether it stands for all series of its metric and host that are beyond the bound.</summary>
    public bool IsOverflow { get; internal init; }

    /// <summary>What it feeds instead of being shown; null for most series.</summary>
    internal Series? Overflow { get; private set; }

    /// <summary>It is not shown from now on, and feeds <paramref name="target"/>.</summary>
    internal void Join(Series target)
    {
        Overflow = target;
        target.members++;
        Volatile.Write(ref target.hasEnded, false);
    }

    /// <summary>It is gone: a gauge's value is not part of the sum any more, what a counter counted stays.</summary>
    internal void Leave(ulong now)
    {
        if (Overflow is not { } target)
            return;
        if (isGauge && contributed != 0)
            target.Grow(-contributed, target.current.Stamp, now);
        contributed = 0;
        if (--target.members == 0)
            target.End(now);
    }

    private void Feed(Series target, double value, long stamp, ulong arrival)
    {
        double change = isGauge ? value - contributed : IncreaseTo(value);
        isSetBack = false;
        // What is no number adds nothing, and takes nothing away.
        if (!double.IsFinite(change))
            return;
        if (isGauge)
            contributed = value;
        target.Grow(change, stamp, arrival);
    }

    private double IncreaseTo(double value)
    {
        if (!isFresh && value >= current.Value)
            return value - current.Value;
        // A counter that began again counted since then all that it shows; one whose host went back in time shows what it did before.
        return isSetBack ? 0 : value;
    }

    /// <summary>Adds to an overflow series; its records come from many, so that the newest stamp counts.</summary>
    private void Grow(double change, long stamp, ulong arrival)
    {
        if (current.Stamp - stamp > (long)LongestDelay)
            isFresh = true;
        else if (current.Updates > 0)
            stamp = Math.Max(stamp, current.Stamp);
        Take(current.Value + change, stamp, arrival);
    }
}
