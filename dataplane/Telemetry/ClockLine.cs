namespace OppTel.Telemetry;

/// <summary>
/// The DPU's clock minus a host's, as a line over time: offset and drift. A trailer's arrival minus its stamp is the offset plus the
/// delay of that trailer, which is never negative: the line lies below all differences, as close as it can. Of each second it keeps the
/// lowest difference, of a minute the lower convex hull; the hull's edge over the middle is the line. What delays one trailer or
/// many moves it little, a clock that steps is followed within seconds. Allocates nothing but itself; used by one thread.
/// </summary>
/// <remarks>A delay that every trailer has alike cannot be told from an offset: the line goes through the quickest trailers.</remarks>
internal sealed class ClockLine
{
    /// <summary>Of each such time one difference is kept, in nanoseconds.</summary>
    public const long Interval = 1_000_000_000;

    /// <summary>Clocks that drift more are broken, or have stepped.</summary>
    public const double MostDrift = 500e-6;

    private const int Most = 60;

    /// <summary>Over less, what delays would be taken for drift; a drift that is known already stays.</summary>
    private const long LeastBaseline = 8 * Interval;

    /// <summary>What is older says nothing of now, and after such a silence the line begins anew.</summary>
    private const long Oldest = 120 * Interval;
    private const long LongestSilence = 60 * Interval;

    /// <summary>A second whose quickest trailer is below the line by this: the seconds before have no part in the line.</summary>
    private const long StepDown = 1_000_000;

    /// <summary>So many seconds whose quickest trailers are above the line by this, all alike: the clock has stepped.</summary>
    private const long StepUp = 50_000_000, LargeStepUp = 1_000_000_000, StepSpread = 1_000_000;
    private const int StepRun = 8, LargeStepRun = 3;

    private readonly (long Time, long Difference)[] lowest = new (long Time, long Difference)[Most];
    private readonly int[] hull = new int[Most];
    private int count;
    private (long Time, long Difference, long Residual) best;
    private bool hasBest;
    private long begun;
    private long origin;
    private long offset;
    private double drift;
    private long below;
    private (int Run, long Least, long Greatest) above;

    /// <summary>Nanoseconds that the DPU's clock gains on the host's in one.</summary>
    public double Drift => drift;

    /// <summary>The line at a moment of the DPU's clock, in nanoseconds.</summary>
    public long At(long now) => Line(now) + below;

    /// <summary>Forgets everything: it may be another clock.</summary>
    public void Restart()
    {
        (count, hasBest, drift, below) = (0, false, 0, 0);
        above = default;
    }

    /// <summary>Takes the difference that a trailer showed.</summary>
    /// <param name="now">Its arrival by the DPU's clock, in nanoseconds.</param>
    /// <param name="difference">That minus its stamp.</param>
    public void Observe(long now, long difference)
    {
        if (hasBest && now - begun >= Interval)
            Close(now);
        if (!hasBest)
        {
            begun = now;
            if (count == 0)
                (origin, offset, below) = (now, difference, 0);
        }

        long residual = difference - Line(now);
        if (!hasBest || residual < best.Residual)
            (best, hasBest) = ((now, difference, residual), true);
        below = Math.Min(below, residual);
    }

    private long Line(long now) => offset + (long)(drift * (now - origin));

    private void Close(long now)
    {
        hasBest = false;
        if (now - best.Time > LongestSilence)
        {
            (count, above) = (0, default);
            return;
        }

        if (best.Residual < -StepDown)
            (count, above) = (0, default);
        else
            CountAbove(best.Residual);
        Push();
        if (above.Run >= (above.Least >= LargeStepUp ? LargeStepRun : StepRun))
        {
            Drop(count - above.Run);
            above = default;
        }

        Fit();
    }

    private void CountAbove(long residual)
    {
        long least = Math.Min(above.Least, residual), greatest = Math.Max(above.Greatest, residual);
        if (residual < StepUp)
            above = default;
        else if (above.Run == 0 || greatest - least > StepSpread)
            above = (1, residual, residual);
        else
            above = (above.Run + 1, least, greatest);
    }

    private void Push()
    {
        int old = count == Most ? 1 : 0;
        while (old < count && best.Time - lowest[old].Time > Oldest)
            old++;
        Drop(old);
        // Several workers' arrivals may be out of order by a little.
        if (count == 0 || best.Time > lowest[count - 1].Time)
            lowest[count++] = (best.Time, best.Difference);
    }

    private void Drop(int old)
    {
        if (old <= 0)
            return;
        Array.Copy(lowest, old, lowest, 0, count - old);
        count -= old;
    }

    /// <summary>Lays the line below all that is kept.</summary>
    private void Fit()
    {
        if (lowest[count - 1].Time - lowest[0].Time >= LeastBaseline)
        {
            double slope = Slope();
            if (Math.Abs(slope) <= MostDrift)
                drift = slope;
        }

        origin = lowest[count - 1].Time;
        (offset, below) = (long.MaxValue, 0);
        foreach ((long time, long difference) in lowest.AsSpan(0, count))
            offset = Math.Min(offset, difference - (long)(drift * (time - origin)));
    }

    /// <summary>Of the lower hull's edge that spans the mean of the times: the line below all points that is closest to them (Moon et al., 1999).</summary>
    private double Slope()
    {
        int corners = 0;
        double mean = 0;
        for (int index = 0; index < count; index++)
        {
            mean += (double)(lowest[index].Time - lowest[0].Time) / count;
            while (corners > 1 && Slope(hull[corners - 2], hull[corners - 1]) >= Slope(hull[corners - 1], index))
                corners--;
            hull[corners++] = index;
        }

        int edge = 1;
        while (edge < corners - 1 && lowest[hull[edge]].Time - lowest[0].Time < mean)
            edge++;
        return Slope(hull[edge - 1], hull[edge]);
    }

    private double Slope(int from, int to) =>
        (double)(lowest[to].Difference - lowest[from].Difference) / (lowest[to].Time - lowest[from].Time);
}
