using OppTel.Telemetry;

namespace OppTel.Aggregator.Draining;

/// <summary>One second of the past.</summary>
/// <param name="Time">Unix milliseconds when it ended.</param>
/// <param name="Activity">Its rates.</param>
/// <param name="Trailers">Trailers taken in so far, of the hosts that are there.</param>
/// <param name="Heartbeats">Of these, trailers that came on heartbeat frames.</param>
/// <param name="Lost">Trailers lost for good so far.</param>
/// <param name="Missing">Trailers that were late or lost when it ended.</param>
internal sealed record ActivityPoint(long Time, Activity Activity, ulong Trailers, ulong Heartbeats, ulong Lost, long Missing)
{
    /// <summary>What became of all hosts' trailers by now.</summary>
    public static ActivityPoint Of(Activity activity, IReadOnlyList<HostReceiver> hosts)
    {
        ulong trailers = 0, heartbeats = 0, lost = 0;
        long missing = 0;
        foreach (HostReceiver host in hosts)
        {
            trailers += host.Trailers;
            heartbeats += host.Heartbeats;
            foreach (StreamCounts counts in host.StreamCounts)
            {
                lost += counts.Lost;
                missing += counts.Missing;
            }
        }

        return new ActivityPoint(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), activity, trailers, heartbeats, lost, missing);
    }
}

/// <summary>The last ten minutes by the second. One thread adds; any thread reads, and neither waits.</summary>
internal sealed class ActivityHistory
{
    /// <summary>Seconds that are kept.</summary>
    public const int Seconds = 600;

    private readonly ActivityPoint?[] ring = new ActivityPoint?[Seconds];
    private long count;

    /// <summary>Adds the second that ended now.</summary>
    public void Add(ActivityPoint point)
    {
        Volatile.Write(ref ring[count % Seconds], point);
        Volatile.Write(ref count, count + 1);
    }

    /// <summary>The seconds that ended later than <paramref name="start"/>, in Unix milliseconds, oldest first.</summary>
    public IReadOnlyList<ActivityPoint> Since(long start)
    {
        List<ActivityPoint> points = [];
        long end = Volatile.Read(ref count);
        for (long index = end - 1; index >= Math.Max(0, end - Seconds); index--)
        {
            ActivityPoint point = Volatile.Read(ref ring[index % Seconds])!;
            // The oldest may be replaced by newer ones meanwhile.
            if (point.Time <= start || (points.Count > 0 && point.Time >= points[^1].Time))
                break;
            points.Add(point);
        }

        points.Reverse();
        return points;
    }
}
