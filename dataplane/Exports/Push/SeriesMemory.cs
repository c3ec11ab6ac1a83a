using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Push;

/// <summary>
/// What one target was told last: gives counters and histograms their start times, a new one when they begin anew, and says which
/// series have ended. It knows the series of the last collection only, so it is as bounded as they are.
/// </summary>
/// <param name="startOf">When a family that is known to begin at 0 began, in nanoseconds of Unix time; null for all others.</param>
internal sealed class SeriesMemory(Func<string, long?> startOf)
{
    private Dictionary<SeriesKey, MetricPoint> last = [];

    /// <summary>The points with their starts, and one more for each series that is not there any more.</summary>
    /// <param name="points">One collection, newer than the ones before.</param>
    /// <param name="time">Its time, in nanoseconds of Unix time.</param>
    public IReadOnlyList<MetricPoint> Observe(IReadOnlyList<MetricPoint> points, long time)
    {
        Dictionary<SeriesKey, MetricPoint> current = new(points.Count);
        List<MetricPoint> observed = new(points.Count);
        foreach (MetricPoint point in points)
        {
            SeriesKey key = new(point);
            MetricPoint known = last.Remove(key, out MetricPoint? before) ? Continue(before, point) : Begin(point);
            if (current.TryAdd(key, known))
                observed.Add(known);
        }

        observed.AddRange(last.Values.Select(ended => ended with { Time = time, IsEnd = true, Exemplars = [] }));
        last = current;
        return observed;
    }

    private MetricPoint Begin(MetricPoint point) =>
        point with { FirstSeen = point.Time, Start = point.Family.Kind == Kind.Gauge ? null : startOf(point.Family.Name) };

    /// <summary>Whoever counts less than before has begun anew, after he was asked before. Equal labels share memory.</summary>
    private static MetricPoint Continue(MetricPoint before, MetricPoint point)
    {
        bool goesOn = point.Family.Kind == Kind.Gauge || !IsLess(point, before);
        return point with
        {
            Labels = before.Labels,
            FirstSeen = goesOn ? before.FirstSeen : before.Time,
            Start = goesOn ? before.Start : before.Time,
        };
    }

    private static bool IsLess(MetricPoint point, MetricPoint before) => (point, before) switch
    {
        ({ Buckets: { } now }, { Buckets: { } then }) => now.Counts.Length != then.Counts.Length || now.Counts.Zip(then.Counts).Any(pair => pair.First < pair.Second),
        ({ Exponential: { } now }, { Exponential: { } then }) => now.Count < then.Count,
        _ => point.Value < before.Value,
    };
}
