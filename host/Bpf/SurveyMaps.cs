using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>Numbers of <c>bpf/include/opptel/survey.h</c>.</summary>
public static class SurveyMaps
{
    /// <summary>Bytes that share a bucket of sizes.</summary>
    public const int SizeStep = 16;

    /// <summary>Buckets of sizes; the last one takes 64 KiB and more.</summary>
    public const int Sizes = 4097;

    /// <summary>Bytes that share a bucket of room.</summary>
    public const int RoomStep = 8;

    /// <summary>Buckets of room; the last one takes 1 KiB and more.</summary>
    public const int Rooms = 129;

    /// <summary>Low bits of a trace entry: bytes of room. Above: nanoseconds.</summary>
    public const int RoomBits = 16;
}

/// <summary>Where the tally of a protocol is. Source: <c>enum opptel_survey_protocol</c>.</summary>
public enum SurveyProtocol
{
    /// <summary>And the protocol's number.</summary>
    Ipv4 = 0,

    /// <summary>And the number of the first next header.</summary>
    Ipv6 = 256,

    /// <summary>ARP.</summary>
    Arp = 512,

    /// <summary>OppTel's own frames.</summary>
    Control = 513,

    /// <summary>Other EtherTypes, and malformed headers.</summary>
    Other = 514,

    /// <summary>Number of tallies.</summary>
    Protocols = 515,
}

/// <summary>What the surveyor tells the program. Source: <c>struct opptel_survey_state</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SurveyState
{
    /// <summary>CLOCK_BOOTTIME ns at which counting and the trace's times begin; 0: nothing is counted.</summary>
    public ulong Since;

    /// <summary>Entries of the trace for one CPU, a power of two.</summary>
    public uint TraceEntries;

    /// <summary>Zero.</summary>
    public uint Reserved;
}

/// <summary>Counts of one protocol or cgroup. Source: <c>struct opptel_survey_tally</c>.</summary>
/// <param name="Packets">As they pass the hook.</param>
/// <param name="Frames">As the wire sees them.</param>
/// <param name="Carriers">Packets that could take a trailer.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SurveyTally(ulong Packets, ulong Frames, ulong Carriers)
{
    /// <summary>Adds up.</summary>
    public static SurveyTally operator +(SurveyTally left, SurveyTally right) =>
        new(left.Packets + right.Packets, left.Frames + right.Frames, left.Carriers + right.Carriers);

    /// <summary>Adds up.</summary>
    public static SurveyTally Add(SurveyTally left, SurveyTally right) => left + right;
}

/// <summary>What one CPU counted. Source: <c>struct opptel_survey_cpu</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 79232)]
public struct SurveyCpu
{
    /// <summary>Carriers that were written to the trace.</summary>
    public ulong Traced;

    /// <summary>Bytes of packets.</summary>
    public ulong PacketBytes;

    /// <summary>Frames.</summary>
    public ulong Frames;

    /// <summary>Bytes of frames.</summary>
    public ulong FrameBytes;

    /// <summary>GSO packets that could not be split into frames.</summary>
    public ulong Unsplit;

    /// <summary>Frames whose L3 packet is shorter than the MTU.</summary>
    public ulong BelowMtu;

    /// <summary>Packets by <see cref="EgressReason"/>; stamped are those that could carry.</summary>
    public EgressReasonCounts Reason;

    /// <summary>Packets by length.</summary>
    public SurveySizes PacketSize;

    /// <summary>Frames by length.</summary>
    public SurveySizes FrameSize;

    /// <summary>Frames by what is left up to the MTU.</summary>
    public SurveyRooms Room;

    /// <summary>By <see cref="SurveyProtocol"/>.</summary>
    public SurveyProtocols Protocol;

    /// <summary>Cgroups that found no entry of their own.</summary>
    public SurveyTally OtherCgroups;
}

/// <summary>One counter for each <see cref="SurveyMaps.SizeStep"/> bytes.</summary>
[InlineArray(SurveyMaps.Sizes)]
public struct SurveySizes
{
    private ulong first;
}

/// <summary>One counter for each <see cref="SurveyMaps.RoomStep"/> bytes.</summary>
[InlineArray(SurveyMaps.Rooms)]
public struct SurveyRooms
{
    private ulong first;
}

/// <summary>One tally for each <see cref="SurveyProtocol"/>.</summary>
[InlineArray((int)SurveyProtocol.Protocols)]
public struct SurveyProtocols
{
    private SurveyTally first;
}
