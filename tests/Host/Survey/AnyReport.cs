using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Survey;

namespace OppTel.Host.Tests.Survey;

/// <summary>Reports of all sorts: of an idle host, of one with a hundred CPUs, with names that nobody would choose.</summary>
internal static class AnyReport
{
    private static readonly Gen<ulong> Count = Gen.Select(Gen.Int[0, 40], Gen.ULong).Select((bits, value) => value & ((1ul << bits) - 1));
    // Not what no figure may be: tests look for that.
    private static readonly Gen<string> Text = Gen.String[1, 60].Where(text => !text.Contains("NaN", StringComparison.Ordinal));
    private static readonly Gen<string> Name = Gen.OneOf(Text, Gen.Const("/system.slice/<script>alert(1)</script>&amp;\"'.service"), Gen.Const("/\e[2J\n\0\u009b\u202e\ufffd\uffff"), Gen.Const("TCP"));

    private static readonly Gen<IReadOnlyList<LengthBucket>> Lengths = Gen.Select(Gen.Int[0, 4096].Array[0, 60], Count)
        .Select((buckets, count) => (IReadOnlyList<LengthBucket>)[.. buckets.Distinct().Order().Select(bucket => new LengthBucket(16 * bucket, bucket == 4096 ? null : 16 * (bucket + 1), count + 1))]);

    private static readonly Gen<TrafficReport> Traffic = Lengths.Select(lengths =>
    {
        ulong count = lengths.Aggregate(0ul, (sum, bucket) => sum + bucket.Count), bytes = lengths.Aggregate(0ul, (sum, bucket) => sum + (bucket.Count * (ulong)bucket.From));
        return new TrafficReport(count, count / 3.7, bytes, count == 0 ? 0 : (double)bytes / count, lengths);
    });

    private static readonly Gen<IReadOnlyList<TallyReport>> Tallies = Gen.Select(Name, Count, Count, Gen.Double[0, 1])
        .Select((name, packets, carriers, share) => new TallyReport(name, packets, packets, carriers, share)).List[0, 14].Select(list => (IReadOnlyList<TallyReport>)list);

    private static readonly Gen<GapReport> Gaps = Gen.ULong[0, 90_000_000_000_000].Array[0, 50].Select(durations =>
    {
        DurationHistogram gaps = new();
        Array.ForEach(durations, duration => gaps.Add(duration, 1 + (duration % 1000)));
        return ReportBuilder.Gaps(gaps);
    });

    private static readonly Gen<EstimateReport> Estimates = Gen.Select(Gen.Int[1, 65536], Gen.ULong[1, 10_000_000_000].Array[0, 40], Gen.Bool).Select((metrics, gaps, beats) =>
    {
        SurveyOptions options = new()
        {
            Interface = "eth0",
            Duration = TimeSpan.FromSeconds(1),
            Metrics = [metrics],
            Budget = new TrailerBudget(512, 16),
            MinGap = TimeSpan.Zero,
            MaxAge = beats ? TimeSpan.FromSeconds(1) : TimeSpan.Zero,
            Attach = AttachMode.Auto,
            BpfDirectory = "",
        };
        Estimator estimator = new(metrics, options, 1500);
        ulong time = 0;
        foreach (ulong gap in gaps)
            estimator.Carry(time += gap, (int)(gap % 1500));
        return estimator.Finish(time + 1);
    });

    public static Gen<SurveyReport> Made { get; } = Gen.Select(
        Gen.Select(Traffic, Traffic, Lengths, Count),
        Gen.Select(Tallies, Tallies, Gen.Enum<EgressReason>().Array[0, 14]),
        Gen.Select(Gaps, Gen.Select(Gen.Int[0, 200], Count, Gaps).Array[0, 20], Estimates.Array[1, 8]),
        Gen.Select(Gen.Enum<SurveyEnd>(), Gen.Int[68, 65536], Gen.Double[0.1, 86400])).Select((counts, tallies, gaps, run) =>
        {
            (TrafficReport packets, TrafficReport frames, IReadOnlyList<LengthBucket> room, ulong some) = counts;
            Part part = Part.Of(frames.Count, Math.Min(frames.Count, some));
            return new SurveyReport
            {
                Program = "opptel-host 1",
                Host = "host",
                Interface = "enp129s0f0np0",
                MtuBytes = run.Item2,
                AttachedBy = AttachMode.Tcx,
                Started = DateTimeOffset.UnixEpoch,
                DurationSeconds = run.Item3,
                PlannedSeconds = 60,
                Ended = run.Item1,
                Trailer = new TrailerReport(512, 16, 32, 152, 0, 0.1),
                Packets = packets,
                Frames = frames,
                UnsplitPackets = some % 2,
                Room = new RoomReport(part, part, part, [.. room.Select(bucket => bucket with { From = bucket.From / 2, To = bucket.To / 2 })]),
                Carriers = new CarrierReport(some, some / 3.0, 0.5, 0.25, some % 3, tallies.Item1, tallies.Item2),
                Refusals = [.. tallies.Item3.Distinct().Select(reason => new RefusalReport(OppTel.Configuration.Spelling.SnakeCase(reason.ToString()), some, part.Share))],
                Gaps = new GapsReport(gaps.Item1, [.. gaps.Item2.Select(cpu => new CpuGapReport(cpu.Item1, cpu.Item2, cpu.Item2, cpu.Item3))]),
                Estimates = gaps.Item3,
            };
        });
}
