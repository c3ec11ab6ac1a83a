using OppTel.Host.Scheduling;

namespace OppTel.Host.Survey;

/// <summary>An <see cref="AgeModel"/> in which the daemon fills the gaps between carriers, by its own plan.</summary>
/// <param name="metrics">How many, at least 1.</param>
/// <param name="maxAge">Heartbeats keep metrics younger than this.</param>
/// <param name="values">Values that a heartbeat takes.</param>
public sealed class HeartbeatModel(int metrics, TimeSpan maxAge, int values)
{
    private readonly AgeModel ages = new(metrics);
    private readonly HeartbeatPlan plan = new((ulong)maxAge.Ticks * 100, [(ulong)maxAge.Ticks * 100], [0]);
    private ulong lastTrailer;

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
        Leave(time, room);
    }

    /// <summary>Ends the observation.</summary>
    public AgeDistribution Finish(ulong time)
    {
        LookUntil(time);
        return ages.Finish(time);
    }

    private void LookUntil(ulong time)
    {
        while (plan.NextLook <= time)
        {
            ulong now = plan.NextLook;
            int left = HeartbeatPlan.Most;
            // All metrics wait at any time: each is due again as soon as it has left.
            while (plan.Judge(now, mayStamp: true, lastTrailer, [ages.OldestSince]) != HeartbeatCause.None && left-- > 0)
            {
                Leave(now, values);
                Heartbeats++;
            }
        }
    }

    private void Leave(ulong time, int room)
    {
        ages.Carry(time, room);
        lastTrailer = room > 0 ? time : lastTrailer;
    }
}
