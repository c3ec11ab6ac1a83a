using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>Numbers of <c>bpf/include/opptel/maps.h</c>.</summary>
public static class HostMaps
{
    /// <summary>Slots in the map; a trailer's slot number has 16 bits.</summary>
    public const int Slots = 65536;

    /// <summary>Values that a trailer takes at most.</summary>
    public const int MaxValues = 32;

    /// <summary>Number of kinds that come and go.</summary>
    public const int EntityKinds = 4;

    /// <summary>Most classes of slots.</summary>
    public const int Classes = 8;

    /// <summary>Most slots that are read by a clock on each CPU.</summary>
    public const int FastSlots = 16;

    /// <summary>Most samples in a trailer.</summary>
    public const int MaxSamples = 16;

    /// <summary>Times of rest are counted in units of two to this many nanoseconds.</summary>
    public const int RestShift = 10;

    /// <summary>Buckets of the ages of a class.</summary>
    public const int AgeBuckets = HistogramLayout.MostBits - HistogramLayout.LeastBits + 2;

    /// <summary>Most slots that one publication touches.</summary>
    public const int MaxPublish = 64;

    /// <summary>Most values that one call stores.</summary>
    public const int MaxStore = 64;
}

/// <summary>What the daemon tells the programs. Source: <c>struct opptel_state</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HostState
{
    /// <summary>CLOCK_BOOTTIME ns until which trailers may be appended.</summary>
    public ulong LeaseUntil;

    /// <summary>Nanoseconds between two trailers of a stream; 0 for none.</summary>
    public ulong MinGap;

    /// <summary>Possible CPUs.</summary>
    public uint Cpus;

    /// <summary>Frames are filled up to a multiple of this many bytes, a power of two; 0 for none.</summary>
    public uint Line;

    /// <summary>Catalog epoch stamped into trailers.</summary>
    public ushort Epoch;

    /// <summary>Bytes, footer included.</summary>
    public ushort MaxTrailer;

    /// <summary>Values per trailer.</summary>
    public ushort MaxValues;

    /// <summary>Values that a carrier repeats although they did not change.</summary>
    public ushort RefreshValues;

    /// <summary>Classes in use.</summary>
    public uint Classes;

    /// <summary>Number of the ring of all live slots.</summary>
    public uint Refresh;

    /// <summary>Classes with a minimum interval.</summary>
    public uint Resting;

    /// <summary>Samples per trailer; 0 when nothing is sampled.</summary>
    public uint MaxSamples;

    /// <summary>Where a cgroup's memory begins in its block, plus 1; 0 when carriers do not read it.</summary>
    public uint MemoryPart;

    /// <summary>A carrier of a stream that has been silent for so long repeats a value though nothing is due; in 2^<see cref="HostMaps.RestShift"/> ns, 0: none does.</summary>
    public uint Silence;

    /// <summary>Which of the <see cref="HostTagKeys"/> tags trailers, from 1; 0: none does.</summary>
    public uint Tag;

    private readonly uint padding;

    /// <summary>By priority, the most urgent first.</summary>
    public ClassRules Class;
}

/// <summary>Keys of trailers' tags, two words each. Source: <c>struct opptel_tag_keys</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HostTagKeys
{
    /// <summary>Of the first key, then of the second one.</summary>
    public TagKeyWords Word;
}

/// <summary>The words of two keys.</summary>
[InlineArray(4)]
public struct TagKeyWords
{
    private ulong first;
}

/// <summary>Rules for slots that are equally urgent. Source: <c>struct opptel_class</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HostClass
{
    /// <summary>Nanoseconds that a change may wait.</summary>
    public ulong MaxAge;

    /// <summary>Least time between two values of a slot, in units of 2^<see cref="HostMaps.RestShift"/> ns; 0 for none.</summary>
    public uint MinInterval;

    /// <summary>Number of the ring of the slots that rest, where there is such an interval.</summary>
    public uint Resting;
}

/// <summary>Rules of all classes.</summary>
[InlineArray(HostMaps.Classes)]
public struct ClassRules
{
    private HostClass first;
}

/// <summary>One absolute value. Source: <c>struct opptel_slot</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HostSlot
{
    /// <summary>48 bits of it travel.</summary>
    public ulong Value;

    /// <summary>CLOCK_BOOTTIME ns when it became due.</summary>
    public ulong Since;

    /// <summary>Whether it waits.</summary>
    public SlotState State;

    /// <summary>Bits <see cref="LiveBit"/> and <see cref="TurningBit"/>.</summary>
    public uint Live;

    /// <summary>When a change of it left last, in units of 2^<see cref="HostMaps.RestShift"/> ns, modulo 2^32.</summary>
    public uint Left;

    /// <summary>Number of its class.</summary>
    public byte Class;

    /// <summary>Carriers that each value leaves with; 0 counts as 1.</summary>
    public byte Redundancy;

    /// <summary>Of them, those that are to come.</summary>
    public byte Copies;

    private readonly byte padding;

    /// <summary>The catalog of the stamped epoch explains it.</summary>
    public const uint LiveBit = 1;

    /// <summary>It stands in the ring of refresh.</summary>
    public const uint TurningBit = 2;
}

/// <summary>A ring of slot numbers. Source: <c>struct opptel_ring</c>.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct HostRing
{
    private const int Entries = 2 * HostMaps.Slots;

    /// <summary>Next position to push at; positions only grow.</summary>
    [FieldOffset(0)]
    public ulong Head;

    /// <summary>Next position to take from.</summary>
    [FieldOffset(128)]
    public ulong Tail;

    /// <summary>Laps and slot numbers.</summary>
    [FieldOffset(256)]
    public fixed uint Entry[Entries];
}

/// <summary>Slots that one CPU's clock reads, and its readings. Source: <c>struct opptel_fast</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 25088)]
public struct HostFast
{
    /// <summary>What was read last.</summary>
    [FieldOffset(0)]
    public FastValues Last;

    /// <summary>Slot numbers.</summary>
    [FieldOffset(128)]
    public FastNumbers Slot;

    /// <summary>How many.</summary>
    [FieldOffset(192)]
    public uint Slots;

    /// <summary>Readings that were kept, because they were new.</summary>
    [FieldOffset(200)]
    public ulong Readings;

    /// <summary>Readings that found no place, or were too old to leave.</summary>
    [FieldOffset(208)]
    public ulong Overflows;

    /// <summary>Next position to write at.</summary>
    [FieldOffset(256)]
    public ulong Head;

    /// <summary>Next position to take from.</summary>
    [FieldOffset(384)]
    public ulong Tail;

    /// <summary>The ring.</summary>
    [FieldOffset(512)]
    public FastRing Reading;
}

/// <summary>One reading. Source: <c>struct opptel_reading</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HostReading
{
    /// <summary>CLOCK_BOOTTIME ns.</summary>
    public ulong Time;

    /// <summary>Raw value.</summary>
    public ulong Value;

    /// <summary>Its slot.</summary>
    public uint Slot;

    /// <summary>Low bits of its position plus 1; 0 while it is written.</summary>
    public uint Turn;
}

/// <summary>A value for each slot that a clock reads.</summary>
[InlineArray(HostMaps.FastSlots)]
public struct FastValues
{
    private ulong first;
}

/// <summary>The numbers of the slots that a clock reads.</summary>
[InlineArray(HostMaps.FastSlots)]
public struct FastNumbers
{
    private uint first;
}

/// <summary>Readings of one CPU.</summary>
[InlineArray(1024)]
public struct FastRing
{
    private HostReading first;
}

/// <summary>How long values of a class waited on one CPU. Source: <c>struct opptel_ages</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct HostAges
{
    /// <summary>Values by age.</summary>
    public AgeCounts Count;

    /// <summary>Values that left within their maximum age.</summary>
    public ulong Met;

    /// <summary>Values that did not.</summary>
    public ulong Missed;
}

/// <summary>One counter for each power of two of nanoseconds.</summary>
[InlineArray(HostMaps.AgeBuckets)]
public struct AgeCounts
{
    private ulong first;
}

/// <summary>Counters of one CPU. Source: <c>struct opptel_stream</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct HostStream
{
    /// <summary>Trailers appended.</summary>
    public ulong Trailers;

    /// <summary>Values in them.</summary>
    public ulong Values;

    /// <summary>Bytes of them.</summary>
    public ulong Bytes;

    /// <summary>CLOCK_BOOTTIME ns of the last one.</summary>
    public ulong LastStamp;

    /// <summary>Number of the next one.</summary>
    public uint Sequence;

    /// <summary>Next CPU whose running task a carrier charges.</summary>
    public uint ChargeCursor;

    /// <summary>Context switches seen on this CPU.</summary>
    public ulong Switches;

    /// <summary>Next CPU whose readings a carrier takes besides its own.</summary>
    public uint FlushCursor;

    /// <summary>Next CPU whose run queue a carrier reads.</summary>
    public uint QueueCursor;

    /// <summary>Samples in the trailers.</summary>
    public ulong Samples;

    /// <summary>Cgroup whose memory a carrier read last.</summary>
    public ulong MemoryCgroup;

    /// <summary>CLOCK_BOOTTIME ns of that.</summary>
    public ulong MemoryRead;

    private readonly ulong padding0;
    private readonly ulong padding1;
    private readonly ulong padding2;
    private readonly ulong padding3;
    private readonly ulong padding4;
    private readonly ulong padding5;

    /// <summary>Packets by <see cref="EgressReason"/>.</summary>
    public EgressReasonCounts Reason;
}

/// <summary>One counter for each <see cref="EgressReason"/>.</summary>
[InlineArray(Count)]
public struct EgressReasonCounts
{
    /// <summary>Number of reasons.</summary>
    public const int Count = 16;

    private ulong first;
}

/// <summary>Counters of the samplers. Source: <c>struct opptel_sampler</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HostSampler
{
    /// <summary>Entity events that found the ring buffer full.</summary>
    public ulong EventsLost;

    /// <summary>Times that an entity found no block.</summary>
    public ulong EntitiesOther;

    /// <summary>Times that a thread found no entry: what happened to it unseen is not charged.</summary>
    public ulong ThreadsOther;

    /// <summary>Times that a slot could not be queued; its next change or a refresh brings it.</summary>
    public ulong DueOvertaken;

    /// <summary>CLOCK_BOOTTIME ns of the first context switch that was seen.</summary>
    public ulong Since;
}

/// <summary>What runs on one CPU, and how much of its time is charged. Source: <c>struct opptel_running</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public struct HostRunning
{
    /// <summary>Address of the task.</summary>
    public ulong Task;

    /// <summary>Nanoseconds charged, shifted left by 8, and the number of the switch.</summary>
    public ulong Charged;

    /// <summary>The task's run queue delay when it was switched in, in nanoseconds.</summary>
    public ulong RunDelay;

    /// <summary>The task's voluntary switches when it was switched in.</summary>
    public ulong Voluntary;

    /// <summary>Address of the CPU's run queue; 0 before anything has run there.</summary>
    public ulong Queue;

    /// <summary>First slot of the scheduler's part of its process's block; all ones while the CPU idles.</summary>
    public uint Process;

    /// <summary>First slot of the scheduler's part of its cgroup's block.</summary>
    public uint Cgroup;

    /// <summary>Slot that takes the length of the run queue.</summary>
    public uint QueueSlot;
}

/// <summary>Source: <c>struct opptel_entity_key</c>.</summary>
/// <param name="Id">Thread group id or cgroup id.</param>
/// <param name="Kind">An <see cref="EntityKind"/>, widened.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct EntityKey(ulong Id, ulong Kind);

/// <summary>Source: <c>struct opptel_entity</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct EntityBlock
{
    /// <summary>First slot.</summary>
    public uint FirstSlot;

    /// <summary>Address of the kernel's account of a cgroup's memory; 0 for none.</summary>
    public ulong Memory;

    /// <summary>Number of that account.</summary>
    public ulong MemorySerial;
}

/// <summary>Source: <c>struct opptel_event</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct EntityEvent
{
    /// <summary>What happened.</summary>
    public EntityEventType Type;

    /// <summary>To what kind of entity.</summary>
    public EntityKind Kind;

    /// <summary>Thread group id or cgroup id.</summary>
    public ulong Id;

    /// <summary>Cgroup id of a process.</summary>
    public ulong Cgroup;

    /// <summary>First slot of its block.</summary>
    public uint FirstSlot;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>Name of the thread group's leader, zero-terminated.</summary>
    public CommandName Command;
}

/// <summary>The kernel's 16-byte command name.</summary>
[InlineArray(16)]
public struct CommandName
{
    private byte first;

    /// <summary>As text.</summary>
    public readonly string Text
    {
        get
        {
            ReadOnlySpan<byte> bytes = this;
            int end = bytes.IndexOf((byte)0);
            return System.Text.Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        }
    }
}

/// <summary>Argument of the program that makes slots live or dead. Source: <c>struct opptel_publish</c>.</summary>
/// <param name="FirstSlot">First slot.</param>
/// <param name="Count">Slots, at most <see cref="HostMaps.MaxPublish"/>.</param>
/// <param name="Live">1 to make them live and queue them, 0 to make them dead.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PublishArgument(uint FirstSlot, uint Count, uint Live);

/// <summary>What the program that stores values finds. Source: <c>struct opptel_store</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HostStore
{
    /// <summary>First slot.</summary>
    public uint FirstSlot;

    /// <summary>Slots, at most <see cref="HostMaps.MaxStore"/>.</summary>
    public uint Count;

    /// <summary>Raw values.</summary>
    public StoreValues Value;
}

/// <summary>Raw values of one call.</summary>
[InlineArray(HostMaps.MaxStore)]
public struct StoreValues
{
    private ulong first;
}
