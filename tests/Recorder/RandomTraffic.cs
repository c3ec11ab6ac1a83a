using CsCheck;
using OppTel.Aggregator.Tests;
using OppTel.Catalog;
using OppTel.Telemetry;
using OppTel.Wire;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Recorder.Tests;

/// <summary>One record as a host sent it.</summary>
/// <param name="Host">Name of the host.</param>
/// <param name="Slot">Its slot.</param>
/// <param name="HostTime">The host's clock, in nanoseconds.</param>
/// <param name="Time">The DPU's clock, in nanoseconds.</param>
/// <param name="Raw">As it was carried.</param>
/// <param name="IsSample">Whether all 64 bits count.</param>
internal sealed record SentRecord(string Host, int Slot, long HostTime, long Time, ulong Raw, bool IsSample);

/// <summary>One record of a trailer to send.</summary>
internal sealed record RecordPlan(int Slot, ulong Raw, bool IsSample, uint Age);

/// <summary>One trailer to send.</summary>
internal sealed record TrailerPlan(int Host, ushort Stream, long Step, long Late, RecordPlan[] Records, bool Stores);

/// <summary>Two hosts, one with another clock, that send whatever a test wants through the real receiver.</summary>
internal sealed class RandomTraffic(TestHistory test)
{
    public const int Slots = 6;

    /// <summary>The second host booted so much later, in nanoseconds.</summary>
    private const long OtherBoot = 500_000_000_000;

    private static readonly Metric[] Metrics =
    [
        TestHost.Metric(1, "a_total", Kind.Counter, Encoding.Unsigned, 0.001),
        TestHost.Metric(2, "b", Kind.Gauge, Encoding.Signed),
        TestHost.Metric(3, "c", Kind.Gauge, Encoding.Double),
        TestHost.Metric(4, "d", Kind.Gauge),
        TestHost.Metric(5, "e_seconds", Kind.HistogramBucket),
    ];

    private readonly TestHost[] hosts = [new(7) { Name = "alpha" }, new(8) { Name = "beta" }];

    /// <summary>Values that grow a little, wrap, or are anything at all.</summary>
    private static Gen<ulong> Values { get; } = Gen.OneOf(Gen.ULong[0, 1000], Gen.ULong[(1ul << 48) - 500, (1ul << 48) - 1], Gen.ULong);

    public static Gen<TrailerPlan> Trailer { get; } =
        from host in Gen.Int[0, 1]
        from stream in Gen.Int[0, 3]
        from step in Gen.Frequency((20, Gen.Long[0, 1_000_000]), (1, Gen.Long[0, 2_000_000_000]))
        from late in Gen.Frequency((20, Gen.Long[0, 1000]), (2, Gen.Long[0, 50_000_000]))
        from records in Gen.Select(Gen.Int[0, Slots - 1], Values, Gen.Frequency((5, Gen.Const(false)), (1, Gen.Const(true))), Gen.UInt[0, 3_000_000],
            (slot, raw, isSample, age) => new RecordPlan(slot, raw, isSample, age)).Array[1, 12]
        from stores in Gen.Frequency((10, Gen.Const(false)), (1, Gen.Const(true)))
        select new TrailerPlan(host, (ushort)stream, step, late, records, stores);

    /// <summary>What was sent, in order.</summary>
    public List<SentRecord> Sent { get; } = [];

    public void Start()
    {
        foreach ((TestHost host, int port) in hosts.Select((host, port) => (host, port)))
        {
            test.Catalog(port, host.Catalog(host.Whole(
                3, Metrics, TestHost.Block(0, [1, 2, 3, 4, 5], ("pid", "1")), TestHost.Block(5, [1], ("pid", "2")))));
        }
    }

    public void Send(TrailerPlan plan)
    {
        test.Now += (ulong)plan.Step;
        long time = (long)test.Now - plan.Late - (plan.Host * OtherBoot);
        ValueRecord[] values = [.. plan.Records.Where(record => !record.IsSample).Select(record => new ValueRecord((ushort)record.Slot, record.Raw & WireFormat.Mask48))];
        SampleRecord[] samples = [.. plan.Records.Where(record => record.IsSample).Select(record => new SampleRecord((ushort)record.Slot, 0, record.Age, record.Raw))];
        byte[] trailer = new byte[TrailerWriter.Size(values.Length, samples.Length, 0, TrailerFlags.None)];
        TrailerWriter.Write(
            trailer, Footer.Create((ulong)time & WireFormat.Mask48, plan.Stream, (uint)Sent.Count, 3, (byte)values.Length, (byte)samples.Length, TrailerFlags.None, 0),
            values, samples);
        test.Receiver.TakeTrailer(plan.Host, trailer, test.Now);
        HostReceiver host = test.Receiver.Hosts.Single(host => host.Name == hosts[plan.Host].Name);
        foreach (SampleRecord sample in samples)
            Add(host, sample.Slot, time - sample.AgeNanoseconds, sample.Raw, isSample: true);
        foreach (ValueRecord value in values)
            Add(host, value.Slot, time, value.Raw, isSample: false);
        if (plan.Stores)
            test.Store();
    }

    /// <summary>The recorded series of a slot.</summary>
    public RecordedSeries Series(string host, int slot) => test.History.Series.Single(series =>
        series.Family.Name == Metrics[slot % 5].Name
        && series.Labels.Contains(new("host", host)) && series.Labels.Contains(new("pid", slot < 5 ? "1" : "2")));

    private void Add(HostReceiver host, int slot, long hostTime, ulong raw, bool isSample) =>
        Sent.Add(new SentRecord(host.Name, slot, hostTime, hostTime + host.ClockOffset, raw, isSample));
}
