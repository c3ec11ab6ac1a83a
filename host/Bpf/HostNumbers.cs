namespace OppTel.Bpf;

/// <summary>What a block of slots belongs to. Source: <c>enum opptel_entity_kind</c>.</summary>
public enum EntityKind : uint
{
    /// <summary>A process; its id is the thread group id.</summary>
    Process = 0,

    /// <summary>A cgroup of the unified hierarchy; its id is the kernel's.</summary>
    Cgroup = 1,

    /// <summary>A network interface; its id is the daemon's.</summary>
    Interface = 2,

    /// <summary>A disk; its id is the kernel's device number.</summary>
    Disk = 3,

    /// <summary>The host itself, whose slots always exist; it never stands in the kernel's book.</summary>
    Host = 4,
}

/// <summary>The scheduler's part of a block. Source: <c>enum opptel_run_slot</c>.</summary>
public enum RunSlot
{
    /// <summary>Nanoseconds on a CPU.</summary>
    CpuTime = 0,

    /// <summary>Context switches.</summary>
    Voluntary = 1,

    /// <summary>Context switches.</summary>
    Involuntary = 2,

    /// <summary>Nanoseconds runnable without a CPU.</summary>
    Delay = 3,
}

/// <summary>The memory sampler's part of a cgroup's block. Source: <c>enum opptel_memory_slot</c>.</summary>
public enum MemorySlot
{
    /// <summary>Pages, children included.</summary>
    Usage = 0,

    /// <summary>Pages; 0 for none.</summary>
    Limit = 1,

    /// <summary>Processes, without those of children.</summary>
    OomKills = 2,
}

/// <summary>Whether a slot waits. Source: <c>enum opptel_slot_state</c>.</summary>
public enum SlotState : uint
{
    /// <summary>What it holds has left.</summary>
    Idle = 0,

    /// <summary>It stands in the ring of its class, or is on its way there.</summary>
    Due = 1,

    /// <summary>It left a short time ago.</summary>
    Resting = 2,

    /// <summary>It changed while it rests.</summary>
    Changed = 3,
}

/// <summary>What happened to an entity. Source: <c>enum opptel_event_type</c>.</summary>
public enum EntityEventType : uint
{
    /// <summary>It got a block.</summary>
    Born = 1,

    /// <summary>It runs another program now.</summary>
    Renamed = 2,

    /// <summary>Its last thread is gone.</summary>
    Died = 3,
}

/// <summary>What the TC egress program did with a packet. Source: <c>enum opptel_egress_reason</c>; append only.</summary>
public enum EgressReason
{
    /// <summary>Appended a trailer.</summary>
    Stamped = 0,

    /// <summary>Segmentation comes after the hook.</summary>
    Gso = 1,

    /// <summary>L3 length plus the smallest trailer exceeds the MTU.</summary>
    NoSlack = 2,

    /// <summary>No rule for where its L3 packet ends.</summary>
    UnknownEthertype = 3,

    /// <summary>Header short or contradictory.</summary>
    MalformedL3 = 4,

    /// <summary>Bytes behind the end of the L3 packet, or some missing.</summary>
    LengthMismatch = 5,

    /// <summary>Arrived with a trailer that OppTel did not write; removed.</summary>
    ForgedTrimmed = 6,

    /// <summary>Nobody is known to strip.</summary>
    NoLease = 7,

    /// <summary>No value was due.</summary>
    NothingDue = 8,

    /// <summary>The kernel would not grow the packet.</summary>
    GrowFailed = 9,

    /// <summary>A control frame that is no carrier.</summary>
    Control = 10,

    /// <summary>Grown but not written; shrunk again.</summary>
    StoreFailed = 11,

    /// <summary>A forged trailer could not be removed; its magic was overwritten.</summary>
    TrimFailed = 12,

    /// <summary>The configured gap between trailers has not passed.</summary>
    TooSoon = 13,

    /// <summary>SCTP or ESP: what protects them may be computed later, over a trailer too.</summary>
    LateIntegrity = 14,

    /// <summary>Marks are asked for, and its source is not the device's own address.</summary>
    NotMarkable = 15,
}
