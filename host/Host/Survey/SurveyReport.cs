using System.Text.Json.Serialization;
using OppTel.Bpf;

namespace OppTel.Host.Survey;

/// <summary>Why a survey ended.</summary>
[JsonConverter(typeof(SnakeCaseEnum<SurveyEnd>))]
public enum SurveyEnd
{
    /// <summary>Its time was over.</summary>
    Completed,

    /// <summary>Somebody asked for it.</summary>
    Interrupted,

    /// <summary>The interface went away.</summary>
    InterfaceGone,
}

/// <summary>What a survey found. Times are seconds, lengths bytes, shares 0 to 1. What nothing was seen of is null.</summary>
public sealed record SurveyReport
{
    /// <summary>Version of this layout; grows when something changes its meaning or goes away.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>Program and version.</summary>
    public required string Program { get; init; }

    /// <summary>The host's name.</summary>
    public required string Host { get; init; }

    /// <summary>The interface.</summary>
    public required string Interface { get; init; }

    /// <summary>The interface's MTU at the start.</summary>
    public required int MtuBytes { get; init; }

    /// <summary>tcx or clsact.</summary>
    public required AttachMode AttachedBy { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>How long it was to take.</summary>
    public required double PlannedSeconds { get; init; }

    /// <summary>Why it ended.</summary>
    public required SurveyEnd Ended { get; init; }

    /// <summary>What a trailer may be, as the estimates take it.</summary>
    public required TrailerReport Trailer { get; init; }

    /// <summary>Packets as they pass the hook, before GSO packets are cut into segments.</summary>
    public required TrafficReport Packets { get; init; }

    /// <summary>Frames as the wire sees them: Ethernet, without FCS and without padding to 60 bytes.</summary>
    public required TrafficReport Frames { get; init; }

    /// <summary>GSO packets that could not be cut, and are in no figure of frames.</summary>
    public required ulong UnsplitPackets { get; init; }

    /// <summary>What is left behind the frames, up to the MTU.</summary>
    public required RoomReport Room { get; init; }

    /// <summary>Packets that could take a trailer.</summary>
    public required CarrierReport Carriers { get; init; }

    /// <summary>Packets that could not, by the reason that the egress program would count; most frequent first.</summary>
    public required IReadOnlyList<RefusalReport> Refusals { get; init; }

    /// <summary>Times between carriers.</summary>
    public required GapsReport Gaps { get; init; }

    /// <summary>What telemetry would get, by number of metrics.</summary>
    public required IReadOnlyList<EstimateReport> Estimates { get; init; }
}

/// <summary>What a trailer may be.</summary>
/// <param name="MaxBytes">Longest trailer.</param>
/// <param name="MaxValues">Most values in one.</param>
/// <param name="SmallestBytes">A trailer with one value: a carrier has room for it.</param>
/// <param name="FullBytes">A trailer with as many values as both limits allow.</param>
/// <param name="MinGapSeconds">Least time between two trailers of a CPU.</param>
/// <param name="MaxAgeSeconds">Heartbeats keep metrics younger than this; 0: there are none.</param>
public sealed record TrailerReport(
    int MaxBytes, int MaxValues, int SmallestBytes, int FullBytes, double MinGapSeconds, double MaxAgeSeconds);

/// <summary>A count of bytes or lengths from <paramref name="From"/> up to, and without, <paramref name="To"/>.</summary>
/// <param name="From">Bytes.</param>
/// <param name="To">Bytes; null for no bound.</param>
/// <param name="Count">How many.</param>
public sealed record LengthBucket(int From, int? To, ulong Count);

/// <summary>Packets or frames.</summary>
/// <param name="Count">How many.</param>
/// <param name="PerSecond">How many a second.</param>
/// <param name="Bytes">Of all.</param>
/// <param name="MeanBytes">Mean length.</param>
/// <param name="Lengths">Buckets that are not empty.</param>
public sealed record TrafficReport(ulong Count, double PerSecond, ulong Bytes, double MeanBytes, IReadOnlyList<LengthBucket> Lengths);

/// <summary>A count, and its share of a whole.</summary>
/// <param name="Count">How many.</param>
/// <param name="Share">Of all; 0 when there is nothing.</param>
public sealed record Part(ulong Count, double Share)
{
    /// <summary>A part of a whole.</summary>
    public static Part Of(ulong whole, ulong count) => new(count, whole == 0 ? 0 : (double)count / whole);
}

/// <summary>Frames by what is left behind them.</summary>
/// <param name="BelowMtu">With an L3 packet shorter than the MTU, if only by a byte.</param>
/// <param name="Smallest">With room for the smallest trailer.</param>
/// <param name="Full">With room for a full trailer.</param>
/// <param name="Lengths">By bytes of room, buckets that are not empty.</param>
public sealed record RoomReport(Part BelowMtu, Part Smallest, Part Full, IReadOnlyList<LengthBucket> Lengths);

/// <summary>Packets of one kind, and what could carry among them.</summary>
/// <param name="Name">Protocol, or cgroup path.</param>
/// <param name="Packets">At the hook.</param>
/// <param name="Frames">On the wire.</param>
/// <param name="Carriers">How many of the packets could carry.</param>
/// <param name="ShareOfCarriers">Of all carriers.</param>
public sealed record TallyReport(string Name, ulong Packets, ulong Frames, ulong Carriers, double ShareOfCarriers);

/// <summary>Packets that could take a trailer.</summary>
/// <param name="Count">How many.</param>
/// <param name="PerSecond">How many a second.</param>
/// <param name="ShareOfPackets">Of the packets at the hook.</param>
/// <param name="ShareOfFrames">Of the frames on the wire.</param>
/// <param name="Untraced">Those that came faster than they were read: missing in gaps and estimates.</param>
/// <param name="ByProtocol">Most carriers first.</param>
/// <param name="ByCgroup">By the socket's cgroup, most carriers first.</param>
public sealed record CarrierReport(
    ulong Count,
    double PerSecond,
    double ShareOfPackets,
    double ShareOfFrames,
    ulong Untraced,
    IReadOnlyList<TallyReport> ByProtocol,
    IReadOnlyList<TallyReport> ByCgroup);

/// <summary>Packets that could not carry.</summary>
/// <param name="Reason">Label of the egress program's counter.</param>
/// <param name="Packets">How many.</param>
/// <param name="ShareOfPackets">Of the packets at the hook.</param>
public sealed record RefusalReport(string Reason, ulong Packets, double ShareOfPackets);

/// <summary>A count of durations from <paramref name="From"/> up to, and without, <paramref name="To"/>.</summary>
/// <param name="From">Seconds.</param>
/// <param name="To">Seconds.</param>
/// <param name="Count">How many.</param>
public sealed record DurationCount(double From, double To, ulong Count);

/// <summary>Times between consecutive carriers.</summary>
/// <param name="Count">How many gaps.</param>
/// <param name="Mean">Mean; null without a gap.</param>
/// <param name="P50">Median.</param>
/// <param name="P90">What nine of ten do not exceed.</param>
/// <param name="P99">What 99 of 100 do not exceed.</param>
/// <param name="Max">The longest.</param>
/// <param name="Durations">Buckets that are not empty.</param>
public sealed record GapReport(
    ulong Count, double? Mean, double? P50, double? P90, double? P99, double? Max, IReadOnlyList<DurationCount> Durations);

/// <summary>Gaps of one CPU, which is one stream of trailers.</summary>
/// <param name="Cpu">Its number.</param>
/// <param name="Packets">At the hook.</param>
/// <param name="Carriers">How many of them could carry.</param>
/// <param name="Gaps">Between these.</param>
public sealed record CpuGapReport(int Cpu, ulong Packets, ulong Carriers, GapReport Gaps);

/// <summary>Times between carriers.</summary>
/// <param name="Host">Whichever CPU they leave from.</param>
/// <param name="Cpus">Those that sent anything.</param>
public sealed record GapsReport(GapReport Host, IReadOnlyList<CpuGapReport> Cpus);

/// <summary>How old metrics would be on the other side, at a moment chosen at random.</summary>
/// <param name="P50">Median; null without a carrier.</param>
/// <param name="P99">What 99 of 100 do not exceed.</param>
/// <param name="Max">The oldest.</param>
/// <param name="AtLeast">Some metrics never left: the ages are lower bounds.</param>
public sealed record AgeReport(double? P50, double? P99, double? Max, bool AtLeast);

/// <summary>What telemetry would get.</summary>
/// <param name="TrailersPerSecond">Heartbeats included.</param>
/// <param name="HeartbeatsPerSecond">Frames of their own.</param>
/// <param name="RecordsPerSecond">Values.</param>
/// <param name="BytesPerSecond">Of the trailers.</param>
/// <param name="Age">Age of the metrics.</param>
/// <param name="Ages">Its distribution: ages in seconds that a share of 0, 1, ... 100 % do not exceed; empty without a carrier.</param>
public sealed record ServiceReport(
    double TrailersPerSecond,
    double HeartbeatsPerSecond,
    double RecordsPerSecond,
    double BytesPerSecond,
    AgeReport Age,
    IReadOnlyList<double> Ages);

/// <summary>An estimate for a number of metrics, all of which change all the time.</summary>
/// <param name="Metrics">How many.</param>
/// <param name="CarriersAlone">By packets that leave anyway.</param>
/// <param name="WithHeartbeats">With heartbeats in their gaps; null when there are to be none.</param>
public sealed record EstimateReport(int Metrics, ServiceReport CarriersAlone, ServiceReport? WithHeartbeats);
