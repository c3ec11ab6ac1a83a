using OppTel.Segment;

namespace OppTel.Aggregator.Draining;

/// <summary>The dataplane's counters at one moment, copied out of the segment: web requests never touch shared memory.</summary>
/// <param name="Taken">CLOCK_BOOTTIME ns.</param>
/// <param name="Started">CLOCK_BOOTTIME ns when the dataplane started.</param>
/// <param name="IsFresh">Whether its control thread moved lately.</param>
/// <param name="Ports">One for each port, all workers together.</param>
/// <param name="Workers">One for each worker.</param>
internal sealed record DataplaneSnapshot(
    ulong Taken, ulong Started, bool IsFresh, IReadOnlyList<PortSnapshot> Ports, IReadOnlyList<WorkerSnapshot> Workers)
{
    /// <summary>Silence after which the dataplane counts as gone, in ns: its control thread moves every few milliseconds.</summary>
    public const ulong Freshness = 1_000_000_000;

    /// <summary>Sum of a counter over all ports of one side.</summary>
    public ulong Sum(PortSide side, PortCounter counter) =>
        Ports.Where(port => port.Side == side).Aggregate(0ul, (sum, port) => sum + port[counter]);

    /// <summary>Copies everything.</summary>
    public static DataplaneSnapshot Of(SharedSegment segment, ulong now)
    {
        ulong heartbeat = Volatile.Read(ref segment.Header.DataplaneHeartbeat);
        bool isFresh = segment.Header.State != (uint)SegmentState.Stopped && (heartbeat > now || now - heartbeat < Freshness);
        return new DataplaneSnapshot(
            now,
            segment.Header.DataplaneStarted,
            isFresh,
            [.. Enumerable.Range(0, segment.Ports).Select(port => PortSnapshot.Of(segment, port))],
            [.. Enumerable.Range(0, segment.Workers).Select(worker => new WorkerSnapshot(segment.WorkerCounters(worker).ToArray()))]);
    }
}

/// <summary>Counters of one port.</summary>
internal sealed record PortSnapshot
{
    private readonly ulong[] counters = new ulong[PortCounters.Count];

    public required string Name { get; init; }

    public required string Pair { get; init; }

    public required PortSide Side { get; init; }

    public required ulong DeviceMissed { get; init; }

    public required ulong DeviceErrors { get; init; }

    public required ulong DeviceNoMbuf { get; init; }

    public required ulong DeviceSendErrors { get; init; }

    public required ulong BeaconsSent { get; init; }

    public required ulong BeaconsFailed { get; init; }

    public required ulong LeaseMilliseconds { get; init; }

    /// <summary>One counter, all workers together.</summary>
    public ulong this[PortCounter counter] => counters[(int)counter];

    /// <summary>One of the reject counters.</summary>
    public ulong Rejected(int reason) => counters[(int)PortCounter.Rejected + reason];

    public static PortSnapshot Of(SharedSegment segment, int port)
    {
        ref PortBlock block = ref segment.Port(port);
        PortSnapshot snapshot = new()
        {
            Name = segment.PortName(port),
            Pair = segment.PairName(port),
            Side = (PortSide)block.Side,
            DeviceMissed = block.DeviceMissed,
            DeviceErrors = block.DeviceErrors,
            DeviceNoMbuf = block.DeviceNoMbuf,
            DeviceSendErrors = block.DeviceSendErrors,
            BeaconsSent = block.BeaconsSent,
            BeaconsFailed = block.BeaconsFailed,
            LeaseMilliseconds = block.LeaseMilliseconds,
        };
        for (int worker = 0; worker < segment.Workers; worker++)
        {
            ReadOnlySpan<ulong> source = segment.PortCounters(worker, port);
            for (int counter = 0; counter < source.Length; counter++)
                snapshot.counters[counter] += source[counter];
        }

        return snapshot;
    }
}

/// <summary>Counters of one worker.</summary>
/// <param name="counters">By <see cref="WorkerCounter"/>.</param>
internal sealed class WorkerSnapshot(ulong[] counters)
{
    /// <summary>One counter.</summary>
    public ulong this[WorkerCounter counter] => counters[(int)counter];
}
