namespace OppTel.Host.Survey;

/// <summary>An <see cref="AgeModel"/> in which the daemon fills the gaps between carriers, by its own plan.</summary>
/// <param name="metrics">How many, at least 1.</param>
/// <param name="interval">Time without a trailer after which a heartbeat leaves.</param>
/// <param name="values">Values that a heartbeat takes.</param>
public sealed class HeartbeatModel(int metrics, TimeSpan interval, int values)
{
    private readonly AgeModel ages = new(metrics);
    private readonly HeartbeatPlan plan = new(
        (ulong)interval.Ticks * 100, HeartbeatPlan.ValuesPerTrailer(values, HostConfiguration.DefaultRefreshValues), (ulong)interval.Ticks * 100);
    private ulong looked;

    /// <summary>Heartbeats that left.</summary>
    public ulong Heartbeats { get; private set; }

    /// <summary>Values in all trailers.</summary>
    public ulong Records => ages.Records;

    /// <summary>Trailers, heartbeats included.</summary>
    public ulong Trailers => ages.Trailers;

    /// <summary>A carrier leaves, and before it what is due by then.</summary>
    public void Carry(ulong time, int room)
    {
        LookUntil(time);
        ages.Carry(time, room);
    }

    /// <summary>Ends the observation.</summary>
    public AgeDistribution Finish(ulong time)
    {
        LookUntil(time);
        return ages.Finish(time);
    }

    private void LookUntil(ulong time)
    {
        for (ulong next = looked + HostDaemon.TickNanoseconds; next <= time; next += HostDaemon.TickNanoseconds)
        {
            looked = next;
            // All metrics wait at any time: each is due again as soon as it has left.
            int due = plan.Next(next, mayStamp: true, ages.Trailers, ((ulong)metrics + ages.Records, ages.Records));
            for (; due > 0; due--)
            {
                ages.Carry(next, values);
                Heartbeats++;
            }
        }
    }
}
