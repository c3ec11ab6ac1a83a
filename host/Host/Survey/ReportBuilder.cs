using OppTel.Bpf;
using OppTel.Configuration;

namespace OppTel.Host.Survey;

/// <summary>Makes a report of what the kernel side counted.</summary>
/// <param name="cpus">What each CPU counted.</param>
/// <param name="seconds">How long it was counted.</param>
internal sealed class ReportBuilder(MappedArray<SurveyCpu> cpus, double seconds)
{
    /// <summary>Packets at the hook.</summary>
    public ulong Packets { get; } = Sum(cpus, (in SurveyCpu cpu) => Total(cpu.Reason));

    /// <summary>Packets that could take a trailer.</summary>
    public ulong Carriers { get; } = Sum(cpus, (in SurveyCpu cpu) => cpu.Reason[(int)EgressReason.Stamped]);

    /// <summary>Frames on the wire.</summary>
    public ulong Frames { get; } = Sum(cpus, (in SurveyCpu cpu) => cpu.Frames);

    /// <summary>GSO packets that could not be split.</summary>
    public ulong Unsplit => Sum(cpus, (in SurveyCpu cpu) => cpu.Unsplit);

    /// <summary>What passed the hook.</summary>
    public TrafficReport PacketTraffic() => Traffic(
        Packets, Sum(cpus, (in SurveyCpu cpu) => cpu.PacketBytes), SurveyMaps.SizeStep, SurveyMaps.Sizes, (in SurveyCpu cpu, int bucket) => cpu.PacketSize[bucket]);

    /// <summary>What passes the wire.</summary>
    public TrafficReport FrameTraffic() => Traffic(
        Frames, Sum(cpus, (in SurveyCpu cpu) => cpu.FrameBytes), SurveyMaps.SizeStep, SurveyMaps.Sizes, (in SurveyCpu cpu, int bucket) => cpu.FrameSize[bucket]);

    /// <summary>What is left behind frames.</summary>
    public RoomReport Room(TrailerBudget budget) => new(
        Part.Of(Frames, Sum(cpus, (in SurveyCpu cpu) => cpu.BelowMtu)),
        Part.Of(Frames, RoomFor(TrailerBudget.Smallest)),
        Part.Of(Frames, RoomFor(budget.Longest)),
        Buckets(SurveyMaps.RoomStep, SurveyMaps.Rooms, (in SurveyCpu cpu, int bucket) => cpu.Room[bucket]));

    /// <summary>What could carry.</summary>
    /// <param name="untraced">Carriers that are missing in the trace.</param>
    /// <param name="cgroups">Tallies by the cgroups' paths.</param>
    public CarrierReport CarrierTraffic(ulong untraced, IEnumerable<(string Name, SurveyTally Tally)> cgroups) => new(
        Carriers,
        Carriers / seconds,
        Part.Of(Packets, Carriers).Share,
        Part.Of(Frames, Carriers).Share,
        untraced,
        Tallies(Enumerable.Range(0, (int)SurveyProtocol.Protocols).Select(protocol => (ProtocolName.Of(protocol), Protocol(protocol)))),
        Tallies(cgroups.Append(("other", OtherCgroups()))));

    /// <summary>What could not.</summary>
    public IReadOnlyList<RefusalReport> Refusals() =>
    [
        .. from reason in Enum.GetValues<EgressReason>()
           where reason != EgressReason.Stamped
           let count = Sum(cpus, (in SurveyCpu cpu) => cpu.Reason[(int)reason])
           where count > 0
           orderby count descending
           select new RefusalReport(Spelling.SnakeCase(reason.ToString()), count, Part.Of(Packets, count).Share),
    ];

    /// <summary>Times between carriers.</summary>
    public GapsReport Gaps(CarrierTrace trace) => new(
        Gaps(trace.HostGaps),
        [
            .. from cpu in Enumerable.Range(0, cpus.Count)
               let packets = Total(cpus[cpu].Reason)
               where packets > 0
               select new CpuGapReport(cpu, packets, cpus[cpu].Reason[(int)EgressReason.Stamped], Gaps(trace.CpuGaps(cpu))),
        ]);

    private delegate ulong Read(in SurveyCpu cpu);

    private delegate ulong ReadBucket(in SurveyCpu cpu, int bucket);

    private static ulong Sum(MappedArray<SurveyCpu> cpus, Read read)
    {
        ulong sum = 0;
        for (int cpu = 0; cpu < cpus.Count; cpu++)
            sum += read(cpus[cpu]);
        return sum;
    }

    private static ulong Total(in EgressReasonCounts reasons)
    {
        ulong sum = 0;
        foreach (ulong count in reasons)
            sum += count;
        return sum;
    }

    /// <summary>Times between carriers of one origin.</summary>
    internal static GapReport Gaps(DurationHistogram gaps) => new(
        gaps.Count,
        gaps.Count == 0 ? null : gaps.Sum * 1e-9 / gaps.Count,
        gaps.Quantile(0.5) * 1e-9,
        gaps.Quantile(0.9) * 1e-9,
        gaps.Quantile(0.99) * 1e-9,
        gaps.Count == 0 ? null : gaps.Longest * 1e-9,
        [.. gaps.Filled.Select(bucket => new DurationCount(bucket.From * 1e-9, bucket.To * 1e-9, bucket.Count))]);

    private TrafficReport Traffic(ulong count, ulong bytes, int step, int buckets, ReadBucket read) =>
        new(count, count / seconds, bytes, count == 0 ? 0 : (double)bytes / count, Buckets(step, buckets, read));

    private List<LengthBucket> Buckets(int step, int buckets, ReadBucket read) =>
    [
        .. from bucket in Enumerable.Range(0, buckets)
           let count = Sum(cpus, (in SurveyCpu cpu) => read(cpu, bucket))
           where count > 0
           select new LengthBucket(bucket * step, bucket == buckets - 1 ? null : (bucket + 1) * step, count),
    ];

    private ulong RoomFor(int bytes)
    {
        ulong sum = 0;
        for (int bucket = bytes / SurveyMaps.RoomStep; bucket < SurveyMaps.Rooms; bucket++)
            sum += Sum(cpus, (in SurveyCpu cpu) => cpu.Room[bucket]);
        return sum;
    }

    private SurveyTally Protocol(int protocol)
    {
        SurveyTally sum = default;
        for (int cpu = 0; cpu < cpus.Count; cpu++)
            sum += cpus[cpu].Protocol[protocol];
        return sum;
    }

    private SurveyTally OtherCgroups()
    {
        SurveyTally sum = default;
        for (int cpu = 0; cpu < cpus.Count; cpu++)
            sum += cpus[cpu].OtherCgroups;
        return sum;
    }

    private List<TallyReport> Tallies(IEnumerable<(string Name, SurveyTally Tally)> tallies) =>
    [
        .. from entry in tallies
           where entry.Tally.Packets > 0
           orderby entry.Tally.Carriers descending, entry.Tally.Packets descending, entry.Name
           select new TallyReport(
               entry.Name, entry.Tally.Packets, entry.Tally.Frames, entry.Tally.Carriers, Part.Of(Carriers, entry.Tally.Carriers).Share),
    ];
}
