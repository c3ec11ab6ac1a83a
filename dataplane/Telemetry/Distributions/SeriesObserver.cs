using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Telemetry.Distributions;

/// <summary>
/// Turns what happens to one series into observations of its distribution: a gauge's value with each record, a counter's rate over steps
/// of 10 ms and more, and the growth of a histogram's bucket at the bucket's middle. Belongs to the drain thread.
/// </summary>
/// <param name="queue">Takes the observations.</param>
/// <param name="id">The distribution.</param>
/// <param name="kind">What the series is.</param>
internal sealed class SeriesObserver(ObservationQueue queue, int id, Kind kind)
{
    /// <summary>The shortest step over which a rate says something, in nanoseconds of the host's clock.</summary>
    public const long RateStep = 10_000_000;

    private double grown;
    private long elapsed;

    /// <summary>The distribution.</summary>
    public int Id => id;

    /// <summary>What a bucket's values are taken for, in the family's unit.</summary>
    public double Middle { get; set; }

    /// <summary>Takes a record.</summary>
    /// <param name="value">In the family's unit.</param>
    /// <param name="more">Growth since the record before; 0 when nobody knows.</param>
    /// <param name="time">Nanoseconds of the host's clock since then; 0 when that says nothing.</param>
    public void Observe(double value, double more, long time)
    {
        switch (kind)
        {
            case Kind.Gauge:
                queue.TryAdd(new Observation(id, 1, value));
                break;
            case Kind.Counter:
                ObserveRate(more, time);
                break;
            default:
                if (more > 0)
                    queue.TryAdd(new Observation(id, (uint)Math.Min(more, uint.MaxValue), Middle));
                break;
        }
    }

    private void ObserveRate(double more, long time)
    {
        if (time == 0)
        {
            // It began anew: what was before is another counter's.
            (grown, elapsed) = (0, 0);
            return;
        }

        grown += more;
        elapsed += time;
        if (elapsed < RateStep)
            return;
        queue.TryAdd(new Observation(id, 1, grown * 1e9 / elapsed));
        (grown, elapsed) = (0, 0);
    }
}
