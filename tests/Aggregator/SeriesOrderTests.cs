using System.Buffers;
using System.Text;
using CsCheck;
using OppTel.Aggregator.Exposition;
using OppTel.Exports;
using OppTel.Telemetry;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

public class SeriesOrderTests
{
    private static readonly IReadOnlyList<Series> All = MakeAll();

    [Fact]
    public void TheOrderIsThatOfTheKeysWhateverCameAndWent() => Gen.Bool.Array[All.Count].Array[1, 6].Sample(steps =>
    {
        SeriesOrder order = new();
        foreach (bool[] step in steps)
        {
            Series[] snapshot = [.. All.Where((_, index) => step[index])];
            IReadOnlyList<SeriesEntry> entries = order.Of(snapshot), fresh = new SeriesOrder().Of(snapshot);
            Assert.Same(entries, order.Of(snapshot));
            Assert.Equal(fresh.Select(Describe), entries.Select(Describe));
            // Everything is there once, but sums without buckets; families are in one piece.
            Assert.Equal(
                snapshot.Where(series => !series.IsSum || snapshot.Any(other => !other.IsSum && Siblings(other, series))).ToHashSet(),
                entries.SelectMany(entry => entry.Sum is null ? entry.Parts : [.. entry.Parts, entry.Sum]).ToHashSet());
            string[] families = [.. entries.Select(entry => entry.Family.Name)];
            Assert.Equal(families.Distinct().Count(), families.Where((name, index) => index == 0 || families[index - 1] != name).Count());
            Assert.Equal(entries.Count, entries.Select(entry => (entry.Family.Name, string.Join('|', entry.Labels.Pairs.ToArray()))).Distinct().Count());
            Assert.All(entries, entry => Assert.Equal(entry.UpperBounds.Order(), entry.UpperBounds));
        }
    });

    [Fact]
    public void LabelsAreSpelledOnceAsLongAsASeriesStays()
    {
        SeriesOrder order = new();
        IReadOnlyList<SeriesEntry> before = order.Of(All), after = order.Of([.. All.Skip(1)]);
        Assert.All(after, entry => Assert.Same(before.Single(other => other.Parts[0] == entry.Parts[0]).Labels, entry.Labels));
    }

    /// <summary>A histogram with fewer labels has its buckets, by key, on both sides of one with more.</summary>
    [Fact]
    public void HistogramsWithDifferentLabelsDoNotMix()
    {
        ArrayBufferWriter<byte> output = new();
        PrometheusTextWriter writer = new(output);
        using SeriesSection section = new(new SeriesOrder().Of(All), oldest: 0);
        Assert.NotEmpty(section.Write(writer).ToList());
        string page = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.Contains("delay_seconds_sum{host=\"alpha\"} 30\n", page, StringComparison.Ordinal);
        Assert.Contains("delay_seconds_sum{host=\"alpha\",process=\"x\"} 60\n", page, StringComparison.Ordinal);
        Assert.Contains("delay_seconds_bucket{host=\"alpha\",le=\"+Inf\"} 30\n", page, StringComparison.Ordinal);
        PromTool.AssertClean(page);
    }

    private static bool Siblings(Series left, Series right) => left.Family.Name == right.Family.Name && left.Labels.SequenceEqual(right.Labels);

    private static string Describe(SeriesEntry entry) => string.Join(' ', entry.Parts.Select(part => part.Key)) + entry.Sum?.Key;

    private static IReadOnlyList<Series> MakeAll()
    {
        Receiver receiver = new(new SeriesTable(1000, 60, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);
        receiver.SetPorts(["host0"], 1);
        TestHost host = new(7);
        Catalog.Metric[] metrics =
        [
            TestHost.Metric(1, "b_total", Kind.Counter), TestHost.Metric(2, "a", Kind.Gauge), TestHost.Metric(3, "a_b", Kind.Gauge),
            TestHost.Metric(4, "delay_seconds", Kind.HistogramBucket), TestHost.Metric(5, "delay_seconds", Kind.HistogramBucket),
            TestHost.Metric(6, "delay_seconds", Kind.HistogramSum),
        ];
        (metrics[3].UpperBound, metrics[4].UpperBound) = (2, double.PositiveInfinity);
        receiver.TakeControl(0, host.Catalog(host.Whole(3, metrics,
        [
            .. Enumerable.Range(0, 10).Select(pid => TestHost.Block((uint)pid * 3, [1, 2, 3], ("pid", $"{pid}"))),
            TestHost.Block(100, [4, 5, 6]),
            TestHost.Block(110, [4, 5, 6], ("process", "x")),
            TestHost.Block(120, [4, 5, 6], ("a", "y")),
        ])), 1);
        receiver.TakeTrailer(0, host.Trailer(1, 3, 1, [.. new ushort[] { 100, 101, 102, 120, 121, 122 }.Select(slot => new ValueRecord(slot, slot % 10 == 2 ? 30ul : 15))]), 1);
        receiver.TakeTrailer(0, host.Trailer(1, 3, 1, [.. new ushort[] { 110, 111, 112 }.Select(slot => new ValueRecord(slot, slot % 10 == 2 ? 60ul : 15))]), 1);
        receiver.Publish();
        return receiver.Series.Snapshot;
    }
}
