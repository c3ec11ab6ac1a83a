using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Wire.Tunnels;

namespace OppTel.Worker;

/// <summary>Everything that a worker needs, made before it starts.</summary>
public sealed class WorkerSetup
{
    /// <summary>Queue of every port that this worker owns; also its number in the segment.</summary>
    public required ushort Queue { get; init; }

    /// <summary>CPU that it is pinned to.</summary>
    public required int Cpu { get; init; }

    /// <summary>Both directions of every pair.</summary>
    public required Lane[] Lanes { get; init; }

    /// <summary>Where its counters and its ring are.</summary>
    public required SharedSegment Segment { get; init; }

    /// <summary>Where the mbufs of beacons come from.</summary>
    public required PacketPool Pool { get; init; }

    /// <summary>Beacons that this worker sends; empty for all workers but one.</summary>
    public required BeaconSlot[] Beacons { get; init; }

    /// <summary>Where tunnels go, in which trailers are looked for.</summary>
    public TunnelPorts Tunnels { get; init; } = TunnelPorts.None;

    /// <summary>What a fragment of a tunnel's datagram waits for the others at most, in nanoseconds.</summary>
    public ulong FragmentTimeout { get; init; } = 2_000_000;

    /// <summary>Sleep when idle instead of polling on.</summary>
    public required bool Adaptive { get; init; }
}
