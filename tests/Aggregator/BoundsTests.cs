using System.Buffers;
using System.Text;
using CsCheck;
using Google.Protobuf;
using OppTel.Aggregator.Exposition;
using OppTel.Catalog;
using OppTel.Exports;
using OppTel.Telemetry;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Histograms whose bounds the catalog lists, and their sums.</summary>
public class BoundsTests
{
    private readonly SeriesTable table = new(1000, 1_000_000_000, new HashSet<string>());
    private readonly HostCatalog catalog;

    public BoundsTests() => catalog = new HostCatalog(table, new CatalogLimits { Metrics = 200 }, (name, _) => new HostIdentity(name));

    [Fact]
    public void ScrapesShowTheseBoundsAndTheSum()
    {
        Assert.Equal(CatalogOutcome.Applied, Take(Histogram(0.5, 0, 1, 2.5), TestHost.Block(100, [7, 8, 9, 10])));
        foreach ((ushort slot, ulong raw) in (ValueRecord[])[new(100, 3), new(101, 0), new(102, 4), new(103, 21)])
            catalog.Find(slot, 1)!.Update(raw, isSample: false, stamp: 1, arrival: 1);
        Assert.Equal(
            [
                "# TYPE wait_seconds histogram", "wait_seconds_bucket{host=\"h\",le=\"0.0\"} 3", "wait_seconds_bucket{host=\"h\",le=\"1.0\"} 3",
                "wait_seconds_bucket{host=\"h\",le=\"2.5\"} 7", "wait_seconds_bucket{host=\"h\",le=\"+Inf\"} 7", "wait_seconds_sum{host=\"h\"} 10.5",
                "wait_seconds_count{host=\"h\"} 7",
            ],
            Scrape());
    }

    [Fact]
    public void WithoutASumThereIsNoSlotForOne()
    {
        Assert.Equal(CatalogOutcome.BadBlock, Take(Histogram(0, 1, 2), TestHost.Block(100, [7, 8, 9])));
        Assert.Equal(CatalogOutcome.Applied, Take(Histogram(0, 1, 2), TestHost.Block(100, [7, 8])));
    }

    [Fact]
    public void TwoHistogramsOfAFamilyKeepTheirSumsApart()
    {
        Assert.Equal(CatalogOutcome.Applied, Take(Histogram(1, 1), TestHost.Block(100, [7, 8], ("a", "x")), TestHost.Block(200, [7, 8], ("a", "y"))));
        foreach ((ushort slot, ulong raw) in (ValueRecord[])[new(100, 1), new(101, 2), new(200, 3), new(201, 4)])
            catalog.Find(slot, 1)!.Update(raw, isSample: false, stamp: 1, arrival: 1);
        Assert.Equal(["wait_seconds_sum{a=\"x\",host=\"h\"} 2", "wait_seconds_sum{a=\"y\",host=\"h\"} 4"], Scrape().Where(line => line.Contains("_sum", StringComparison.Ordinal)));
    }

    [Fact]
    public void OnlyBoundsThatGrowAreTaken() => Gen.Select(Gen.OneOf(Gen.Double, Gen.Int[-3, 3].Select(bound => (double)bound)).Array[0, 5], Gen.OneOf(Gen.Double, Gen.Const(0.0), Gen.Const(1.0))).Sample((bounds, scale) =>
    {
        bool grow = bounds.Length > 0 && !bounds.Any(double.IsNaN) && bounds.SequenceEqual(bounds.Distinct().Order());
        CatalogOutcome expected = grow && double.IsFinite(scale) && scale >= 0 ? CatalogOutcome.Applied : CatalogOutcome.BadMetric;
        HostCatalog fresh = new(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
        Assert.Equal(expected, fresh.Take(new TestHost(1).Whole(1, [Histogram(scale, bounds)], []).ToByteArray(), 1));
    });

    [Fact]
    public void OnlyHistogramsHaveBoundsAndOneShape()
    {
        Metric counter = TestHost.Metric(7, "a_total", Kind.Counter);
        counter.Bounds = Histogram(0, 1).Bounds;
        Assert.Equal(CatalogOutcome.BadMetric, Take(counter));
        Metric both = Histogram(0, 1);
        both.LogLinear = new LogLinear { LeastBits = 10, MostBits = 12, StepBits = 1, Unit = 1 };
        Assert.Equal(CatalogOutcome.BadMetric, Take(both));
        Metric last = Histogram(1, 1, 2);
        last.Id = uint.MaxValue - 1;
        Assert.Equal(CatalogOutcome.BadMetric, Take(last));
    }

    private CatalogOutcome Take(Metric metric, params Block[] blocks) => catalog.Take(new TestHost(1).Whole(1, [metric], blocks).ToByteArray(), 1);

    private string[] Scrape()
    {
        table.Publish();
        ArrayBufferWriter<byte> output = new();
        using SeriesSection series = new(new SeriesOrder().Of(table.Snapshot), oldest: 0);
        _ = series.Write(new PrometheusTextWriter(output)).Count();
        return [.. Encoding.UTF8.GetString(output.WrittenSpan).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("# HELP", StringComparison.Ordinal))
            .Select(line => line.Replace("host=\"" + new TestHost(1).Whole(1, [], []).Host + "\"", "host=\"h\"", StringComparison.Ordinal))];
    }

    private static Metric Histogram(double sumScale, params double[] bounds)
    {
        Metric metric = TestHost.Metric(7, "wait_seconds", Kind.HistogramBucket);
        metric.Bounds = new Bounds { SumScale = sumScale, UpperBounds = { bounds } };
        return metric;
    }
}
