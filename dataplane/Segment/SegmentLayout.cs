using System.Runtime.InteropServices;

namespace OppTel.Segment;

/// <summary>Sizes and versions of the shared segment. Every structure below is written by exactly one side, field by field.</summary>
public static class SegmentLayout
{
    /// <summary>"OPPTELSG", little-endian.</summary>
    public const ulong Magic = 0x4753_4C45_5450_504F;

    /// <summary>Moves whenever a structure here changes its size or the meaning of a field.</summary>
    public const uint Version = 3;

    /// <summary>Blocks start at multiples of this, whatever the page size: a mapping is one piece.</summary>
    public const int BlockAlignment = 4096;

    /// <summary>Most host-side and network-side ports together.</summary>
    public const int MaxPorts = 64;

    /// <summary>Most workers.</summary>
    public const int MaxWorkers = 64;

    /// <summary>Streams that a beacon can acknowledge at once.</summary>
    public const int MaxStreams = 64;

    /// <summary>Boosts that a beacon can ask for at once.</summary>
    public const int MaxBoosts = 16;
}

/// <summary>State of the dataplane that owns a segment.</summary>
public enum SegmentState : uint
{
    /// <summary>Being filled; do not read further.</summary>
    Starting = 0,

    /// <summary>Complete.</summary>
    Running = 1,

    /// <summary>The dataplane left in good order; another segment may follow under the same path.</summary>
    Stopped = 2,
}

/// <summary>First block of the segment: 4096 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096)]
public struct SegmentHeader
{
    /// <summary><see cref="SegmentLayout.Magic"/>; written last.</summary>
    [FieldOffset(0)] public ulong Magic;

    /// <summary><see cref="SegmentLayout.Version"/>.</summary>
    [FieldOffset(8)] public uint Version;

    /// <summary>Bytes of this structure.</summary>
    [FieldOffset(12)] public uint HeaderSize;

    /// <summary>Bytes of the whole segment.</summary>
    [FieldOffset(16)] public ulong TotalSize;

    /// <summary>Random number of the dataplane process; never 0.</summary>
    [FieldOffset(24)] public ulong Instance;

    /// <summary>The dataplane's process id.</summary>
    [FieldOffset(32)] public int ProcessId;

    /// <summary>A <see cref="SegmentState"/>.</summary>
    [FieldOffset(36)] public uint State;

    /// <summary>Number of worker blocks and rings.</summary>
    [FieldOffset(40)] public uint Workers;

    /// <summary>Number of port blocks.</summary>
    [FieldOffset(44)] public uint Ports;

    /// <summary>Data bytes of each ring; a power of two.</summary>
    [FieldOffset(48)] public uint RingBytes;

    /// <summary>Bytes of a <see cref="PortBlock"/>.</summary>
    [FieldOffset(52)] public uint PortBlockSize;

    /// <summary>Bytes from one worker block to the next.</summary>
    [FieldOffset(56)] public uint WorkerBlockSize;

    /// <summary>Counters of a <see cref="PortCounters"/>.</summary>
    [FieldOffset(60)] public uint PortCounterCount;

    /// <summary>Offset of the first port block.</summary>
    [FieldOffset(64)] public ulong PortsOffset;

    /// <summary>Offset of the first worker block.</summary>
    [FieldOffset(72)] public ulong WorkersOffset;

    /// <summary>Offset of the first ring.</summary>
    [FieldOffset(80)] public ulong RingsOffset;

    /// <summary>Bytes from one ring to the next.</summary>
    [FieldOffset(88)] public ulong RingStride;

    /// <summary>CLOCK_BOOTTIME ns; moved by the dataplane's control thread.</summary>
    [FieldOffset(128)] public ulong DataplaneHeartbeat;

    /// <summary>CLOCK_BOOTTIME ns when the dataplane started.</summary>
    [FieldOffset(136)] public ulong DataplaneStarted;

    /// <summary>CLOCK_BOOTTIME ns; moved by the aggregator while it drains. The dataplane grants leases only while it is fresh.</summary>
    [FieldOffset(1024)] public ulong AggregatorHeartbeat;

    /// <summary>Random number of the aggregator process; 0 when none attached yet.</summary>
    [FieldOffset(1032)] public ulong AggregatorInstance;
}

/// <summary>Which side of a pair a port is on.</summary>
public enum PortSide : uint
{
    /// <summary>Trailers and control frames are accepted from here.</summary>
    Host = 1,

    /// <summary>Frames pass untouched.</summary>
    Network = 2,
}

/// <summary>One port: 4096 bytes; the dataplane writes the first half, the aggregator the second.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096)]
public unsafe struct PortBlock
{
    /// <summary>Bytes of <see cref="Name"/> and <see cref="Pair"/>.</summary>
    public const int NameSize = 64;

    /// <summary>UTF-8, zero padded: the port's name in metrics.</summary>
    [FieldOffset(0)] public fixed byte Name[NameSize];

    /// <summary>UTF-8, zero padded: the pair's name.</summary>
    [FieldOffset(64)] public fixed byte Pair[NameSize];

    /// <summary>A <see cref="PortSide"/>.</summary>
    [FieldOffset(128)] public uint Side;

    /// <summary>MTU in bytes.</summary>
    [FieldOffset(132)] public uint Mtu;

    /// <summary>1 where the dataplane takes only trailers with a right tag, else 0.</summary>
    [FieldOffset(136)] public uint RequiresTags;

    /// <summary>Packets that the device dropped for want of descriptors, since start.</summary>
    [FieldOffset(192)] public ulong DeviceMissed;

    /// <summary>Packets that the device received with errors.</summary>
    [FieldOffset(200)] public ulong DeviceErrors;

    /// <summary>Receive mbuf allocation failures.</summary>
    [FieldOffset(208)] public ulong DeviceNoMbuf;

    /// <summary>Packets that the device failed to send.</summary>
    [FieldOffset(216)] public ulong DeviceSendErrors;

    /// <summary>Beacons sent through this port.</summary>
    [FieldOffset(256)] public ulong BeaconsSent;

    /// <summary>Beacons that could not be sent.</summary>
    [FieldOffset(264)] public ulong BeaconsFailed;

    /// <summary>Lease granted by the last beacon, in milliseconds.</summary>
    [FieldOffset(272)] public ulong LeaseMilliseconds;

    /// <summary>Written by the aggregator: what it knows of the host behind this port.</summary>
    [FieldOffset(2048)] public HostView Host;
}

/// <summary>What the aggregator knows of one host; copied into its beacons. Guarded by <see cref="SequenceLock"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 2048)]
public unsafe struct HostView
{
    /// <summary>Odd while being written.</summary>
    [FieldOffset(0)] public uint Sequence;

    /// <summary>Newest complete catalog epoch; 0 for none.</summary>
    [FieldOffset(4)] public ushort Epoch;

    /// <summary>Entries used in <see cref="Streams"/>.</summary>
    [FieldOffset(6)] public ushort StreamCount;

    /// <summary>Whose catalog it is; 0 for none.</summary>
    [FieldOffset(8)] public ulong HostInstance;

    /// <summary>Entries used in <see cref="Boosts"/>.</summary>
    [FieldOffset(16)] public ushort BoostCount;

    /// <summary>Highest number of the dedicated stream; meaningful where <see cref="DedicatedSeen"/> is not 0.</summary>
    [FieldOffset(20)] public uint DedicatedHighest;

    /// <summary>Bit i: number <see cref="DedicatedHighest"/> - i of the dedicated stream has arrived.</summary>
    [FieldOffset(24)] public ulong DedicatedSeen;

    /// <summary><see cref="SegmentLayout.MaxStreams"/> entries laid out as <c>struct opptel_beacon_stream</c>.</summary>
    [FieldOffset(64)] public fixed byte Streams[SegmentLayout.MaxStreams * StreamSize];

    /// <summary>Metrics that the host is asked to read more often.</summary>
    [FieldOffset(1088)] public HostBoosts Boosts;

    /// <summary>Bytes of one stream entry: u16 stream, u16 missing, u32 highest sequence, u64 lost.</summary>
    public const int StreamSize = 16;
}
