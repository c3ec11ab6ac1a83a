using System.Buffers;
using System.Text.RegularExpressions;
using CsCheck;
using OppTel.Aggregator.Commands;
using OppTel.Aggregator.Draining;
using OppTel.Aggregator.Exposition;
using OppTel.Catalog;
using OppTel.Exports;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Wire;
using Encoding = System.Text.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

public partial class ExpositionTests
{
    private const ulong Second = 1_000_000_000;

    [Fact]
    public void ThePageIsTheGoldenOne()
    {
        string page = Compose();
        PromTool.AssertClean(page);
        string golden = Path.Combine(StartTests.Checkout, "tests", "Aggregator", "Golden", "metrics.txt");
        string expected = File.Exists(golden) ? File.ReadAllText(golden) : "";
        // What differs is left beside the test, to be read and, if it is right, to become the golden page.
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "metrics.txt"), page);
        Assert.Equal(expected, page);
    }

    [Fact]
    public void EveryLabelValueSurvivesTheText() => Gen.String[Gen.OneOf(Gen.Char, Gen.Char["\\\"\n{}, =ä"]), 0, 50].Sample(value =>
    {
        // Half of a surrogate pair is no text: the catalog's encoding cannot carry it.
        value = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value));
        ArrayBufferWriter<byte> output = new();
        PrometheusTextWriter writer = new(output);
        writer.Begin(new MetricFamily("m", "Help.", Kind.Gauge));
        writer.Sample(1, ("l", value));
        string line = Encoding.UTF8.GetString(output.WrittenSpan).Split('\n')[2];
        Match match = SampleLine().Match(line);
        Assert.True(match.Success, line);
        Assert.Equal(value, Unescape(match.Groups[1].Value));
    });

    [Fact]
    public void NoFamilyIsDeclaredTwice() => Assert.Equal(Families.Names.Count(), Families.Names.Distinct().Count());

    [GeneratedRegex("""^m\{l="((?:[^"\\]|\\.)*)"\} 1$""", RegexOptions.Singleline)]
    private static partial Regex SampleLine();

    private static string Unescape(string text) => Regex.Replace(text, @"\\(.)", match => match.Groups[1].Value == "n" ? "\n" : match.Groups[1].Value);

    private static string Compose()
    {
        ulong now = 1000 * Second;
        Receiver receiver = new(new SeriesTable(100, 60 * Second, new HashSet<string>(Families.Names)), new CatalogLimits(), ControlKey.Public);
        receiver.SetPorts(["host0", "uplink0"], now);
        TestHost host = new(7);
        receiver.TakeControl(0, host.Catalog(host.Whole(3, Metrics(), Blocks())), now);
        foreach (uint sequence in (uint[])[1, 2, 2, 5, 4])
        {
            receiver.TakeTrailer(0, TestHost.Trailer(2, sequence, 3, now, Values(sequence)), now + 250_000);
            now += Second;
        }

        receiver.TakeTrailer(0, TestHost.Trailer(3, 1, 9, now, new ValueRecord(1, 1)), now + 80_000);
        receiver.TakeTrailer(0, [1], now);
        receiver.TakeControl(0, [1], now);
        receiver.Publish();

        using TestDirectory directory = new();
        using TestDataplane dataplane = new(directory.File("segment"));
        Span<ulong> counters = dataplane.Segment.PortCounters(0, 0);
        for (int counter = 0; counter < counters.Length; counter++)
            counters[counter] = 1000 + (ulong)counter;
        dataplane.Segment.WorkerCounters(0)[(int)WorkerCounter.Polls] = 123_456_789_012;
        dataplane.Segment.Port(0).LeaseMilliseconds = 300;
        dataplane.Segment.Port(0).BeaconsSent = 17;
        DataplaneSnapshot snapshot = DataplaneSnapshot.Of(dataplane.Segment, Boottime.Now) with { Started = 12_345_678_901 };

        ArrayBufferWriter<byte> output = new();
        PrometheusTextWriter writer = new(output);
        AggregatorView view = new(snapshot, Activity.None, 1, 0, 96, 2);
        OwnSections.WriteDataplane(writer, view);
        OwnSections.WriteHosts(writer, receiver.Hosts);
        OwnSections.WriteAggregator(writer, view, receiver);
        using SeriesSection series = new(new SeriesOrder().Of(receiver.Series.Snapshot), oldest: 0);
        Assert.NotEmpty(series.Write(writer).ToList());
        return Encoding.UTF8.GetString(output.WrittenSpan).Replace(VersionCommand.Version, "VERSION", StringComparison.Ordinal);
    }

    private static Metric[] Metrics()
    {
        Metric[] metrics =
        [
            TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter, scale: 1e-9),
            TestHost.Metric(2, "memory_used_bytes", Kind.Gauge),
            TestHost.Metric(3, "delay_seconds", Kind.HistogramBucket),
            TestHost.Metric(4, "delay_seconds", Kind.HistogramBucket),
            TestHost.Metric(5, "delay_seconds", Kind.HistogramBucket),
        ];
        (metrics[2].UpperBound, metrics[3].UpperBound, metrics[4].UpperBound) = (2, 10, double.PositiveInfinity);
        metrics[1].Labels["state"] = "used";
        return metrics;
    }

    private static Block[] Blocks() =>
    [
        TestHost.Block(0, [1], ("pid", "42"), ("command", "ngi\"nx")),
        TestHost.Block(1, [1], ("pid", "43"), ("command", "silent")),
        TestHost.Block(2, [2]),
        TestHost.Block(10, [3, 4, 5], ("device", "sda")),
        // One bucket never arrives.
        TestHost.Block(20, [3, 4, 5], ("device", "sdb")),
    ];

    private static ValueRecord[] Values(uint number) =>
    [
        new(0, number * 100_000_000), new(2, 4096), new(10, number), new(11, 2), new(12, 1), new(20, 1), new(21, 1), new(99, 1),
    ];
}
