namespace OppTel.Host.Survey;

/// <summary>
/// Plays carriers against metrics that change all the time, which is the most that they can ask for: whichever left longest ago
/// leaves next, and each trailer is as full as it may be. Times are nanoseconds, and nothing has left before 0.
/// </summary>
/// <param name="metrics">How many, at least 1.</param>
public sealed class AgeModel(int metrics)
{
    // Metrics that left together wait together; of the first group some may be gone.
    private readonly Queue<(ulong LeftAt, int Count)> waiting = new([(0, metrics)]);
    private readonly DurationHistogram intervals = new();
    private int gone;

    /// <summary>Trailers that left.</summary>
    public ulong Trailers { get; private set; }

    /// <summary>Values in them.</summary>
    public ulong Records { get; private set; }

    /// <summary>When what waits for the longest time left last.</summary>
    public ulong OldestSince => waiting.Peek().LeftAt;

    /// <summary>A carrier leaves.</summary>
    /// <param name="time">Not before the last one.</param>
    /// <param name="values">How many it can take; with none it is no carrier.</param>
    public void Carry(ulong time, int values)
    {
        int taken = Math.Min(values, metrics);
        if (taken <= 0)
            return;
        for (int wanted = taken; wanted > 0;)
        {
            (ulong leftAt, int count) = waiting.Peek();
            int leaving = Math.Min(wanted, count - gone);
            intervals.Add(time - leftAt, (ulong)leaving);
            wanted -= leaving;
            gone += leaving;
            if (gone < count)
                continue;
            waiting.Dequeue();
            gone = 0;
        }

        waiting.Enqueue((time, taken));
        Trailers++;
        Records += (ulong)taken;
    }

    /// <summary>Ends the observation; whatever waits counts with the age that it has reached. The model is used up then.</summary>
    public AgeDistribution Finish(ulong time)
    {
        while (waiting.TryDequeue(out (ulong LeftAt, int Count) group))
        {
            intervals.Add(time - group.LeftAt, (ulong)(group.Count - gone));
            gone = 0;
        }

        return new AgeDistribution(intervals, IsWhole: Records >= (ulong)metrics);
    }
}

/// <summary>How old metrics are on the other side, at a moment chosen at random.</summary>
/// <param name="Intervals">Times between two departures of the same metric.</param>
/// <param name="IsWhole">Whether every metric left at least once; if not, the ages are older than the observation can tell.</param>
public sealed record AgeDistribution(DurationHistogram Intervals, bool IsWhole)
{
    /// <summary>The age in seconds that a share of all metrics does not exceed; null when nothing was observed.</summary>
    public double? Quantile(double share) => Intervals.AgeQuantile(share) * 1e-9;

    /// <summary>The oldest that any metric was, in seconds.</summary>
    public double? Oldest => Intervals.Count == 0 ? null : Intervals.Longest * 1e-9;
}
