namespace OppTel.Segment;

/// <summary>Counters of one port on one worker, indices into its block; append only.</summary>
public enum PortCounter
{
    /// <summary>Packets received.</summary>
    RxPackets = 0,

    /// <summary>Bytes received.</summary>
    RxBytes = 1,

    /// <summary>Packets handed to the device.</summary>
    TxPackets = 2,

    /// <summary>Bytes handed to the device.</summary>
    TxBytes = 3,

    /// <summary>Packets that the device would not take within the bounded retries.</summary>
    TxDropped = 4,

    /// <summary>Packets that a trailer was stripped from.</summary>
    Carriers = 5,

    /// <summary>Bytes stripped.</summary>
    TrailerBytes = 6,

    /// <summary>Trailers that were stripped but found no room in the ring.</summary>
    HandoverLost = 7,

    /// <summary>Control frames taken from the host.</summary>
    ControlFrames = 8,

    /// <summary>Control frames that came from the network side and were dropped there.</summary>
    ControlDropped = 9,

    /// <summary>Control frames that found no room in the ring.</summary>
    ControlLost = 10,

    /// <summary>Control frames from the host side that another address than the pair's host sent; they were dropped.</summary>
    ControlForeign = 11,

    /// <summary>Of the carriers, those that had their trailer inside a tunnel.</summary>
    Tunnelled = 12,

    /// <summary>Copies of frames that the bypass had passed on, and what waited among them: not passed on again.</summary>
    Bypassed = 13,

    /// <summary>First of the reject counters: this plus the strip reason's number.</summary>
    Rejected = 16,

    /// <summary>Datagrams of tunnels whose fragments all came in order.</summary>
    FragmentedDatagrams = 32,

    /// <summary>First of the counters of those that did not, and left as they were: this plus the fate's number.</summary>
    FragmentsReleased = 33,
}

/// <summary>Sizes of the counter blocks.</summary>
public static class PortCounters
{
    /// <summary>64-bit counters per port and worker: four reserved cache lines of 128 bytes.</summary>
    public const int Count = 64;
}

/// <summary>Counters of one worker, indices into the start of its block; append only.</summary>
public enum WorkerCounter
{
    /// <summary>Rounds over all ports.</summary>
    Polls = 0,

    /// <summary>Rounds that received nothing.</summary>
    EmptyPolls = 1,

    /// <summary>CLOCK_BOOTTIME ns of a recent round.</summary>
    Heartbeat = 2,

    /// <summary>Bytes that the worker's thread allocated on the managed heap since its loop began.</summary>
    AllocatedBytes = 3,

    /// <summary>Garbage collections of the process since the loop began.</summary>
    Collections = 4,

    /// <summary>CPU that the worker is pinned to.</summary>
    Cpu = 5,

    /// <summary>Sleeps taken by adaptive polling.</summary>
    Sleeps = 6,
}

/// <summary>Sizes of the worker blocks.</summary>
public static class WorkerCounters
{
    /// <summary>64-bit counters of a worker before those of its ports.</summary>
    public const int Count = 64;
}
