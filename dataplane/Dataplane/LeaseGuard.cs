using OppTel.Segment;
using OppTel.Worker;

namespace OppTel.Dataplane;

/// <summary>Decides whether hosts may append: only while somebody strips and somebody takes what was stripped.</summary>
internal sealed class LeaseGuard(SharedSegment segment, PacketWorker[] workers, TimeSpan lease)
{
    /// <summary>Silence after which a worker or the aggregator counts as gone, in ns.</summary>
    private const ulong Freshness = 200_000_000;

    private readonly uint milliseconds = (uint)lease.TotalMilliseconds;

    /// <summary>The lease to grant at <paramref name="now"/> (CLOCK_BOOTTIME ns), in milliseconds; 0 for none.</summary>
    public uint Grant(ulong now) =>
        IsFresh(Volatile.Read(ref segment.Header.AggregatorHeartbeat), now) && WorkersAdvance(now) ? milliseconds : 0;

    /// <summary>Whether every worker has made a round lately.</summary>
    public bool WorkersAdvance(ulong now)
    {
        foreach (PacketWorker worker in workers)
        {
            if (!IsFresh(worker.Heartbeat, now))
                return false;
        }

        return true;
    }

    /// <summary>A heartbeat slightly ahead of <paramref name="now"/> was taken after it; one far ahead is nobody's.</summary>
    private static bool IsFresh(ulong heartbeat, ulong now) =>
        heartbeat != 0 && (now >= heartbeat ? now - heartbeat : heartbeat - now) <= Freshness;
}
