using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>One line of the catalog for all buckets of a histogram.</summary>
public class LogLinearTests
{
    private readonly SeriesTable table = new(1000, 1_000_000_000, new HashSet<string>());
    private readonly HostCatalog catalog;

    public LogLinearTests() => catalog = new HostCatalog(table, new CatalogLimits { Metrics = 200 }, (name, _) => new HostIdentity(name));

    [Fact]
    public void EachBucketIsASeriesWithItsBound()
    {
        Assert.Equal(CatalogOutcome.Applied, Take(Histogram(10, 12, 1), blocks: TestHost.Block(100, [7, 8, 9, 10, 11, 12])));
        double[] bounds = [.. Enumerable.Range(100, 6).Select(slot => catalog.Find((ushort)slot, 1)!.UpperBound)];
        Assert.Equal([1024, 1536, 2048, 3072, 4096, double.PositiveInfinity], bounds);
        Assert.Equal(["wait_seconds"], Enumerable.Range(100, 6).Select(slot => catalog.Find((ushort)slot, 1)!.Family.Name).Distinct());
    }

    [Theory]
    [InlineData(12, 10, 1, 1)]
    [InlineData(10, 64, 1, 1)]
    [InlineData(2, 10, 3, 1)]
    [InlineData(10, 34, 9, 1)]
    [InlineData(10, 12, 1, 0)]
    [InlineData(10, 12, 1, double.NaN)]
    [InlineData(10, 60, 3, 1)]
    public void ShapesWithoutSenseOrBoundAreRefused(uint least, uint most, uint steps, double unit)
    {
        Metric metric = Histogram(least, most, steps);
        metric.LogLinear.Unit = unit;
        Assert.Equal(CatalogOutcome.BadMetric, Take(metric));
    }

    [Fact]
    public void OnlyHistogramsHaveAShapeAndTheirIdsDoNotOverlapOthers()
    {
        Metric counter = TestHost.Metric(7, "a_total", Kind.Counter);
        counter.LogLinear = Histogram(10, 12, 1).LogLinear;
        Assert.Equal(CatalogOutcome.BadMetric, Take(counter));
        Assert.Equal(CatalogOutcome.Redefined, Take([Histogram(10, 12, 1), TestHost.Metric(12, "b_total", Kind.Counter)]));
        Metric last = Histogram(10, 12, 1);
        last.Id = uint.MaxValue - 2;
        Assert.Equal(CatalogOutcome.BadMetric, Take(last));
    }

    [Fact]
    public void ASlotWithoutAMetricCarriesNothing()
    {
        Assert.Equal(CatalogOutcome.Applied, Take(TestHost.Metric(7, "a_total", Kind.Counter), blocks: TestHost.Block(100, [0, 7, 0])));
        Assert.Equal([false, true, false], Enumerable.Range(100, 3).Select(slot => catalog.Find((ushort)slot, 1) is not null));
    }

    [Fact]
    public void TheIdOfSlotsThatCarryNothingIsNoMetrics() =>
        Assert.Equal(CatalogOutcome.BadMetric, Take(TestHost.Metric(0, "a_total", Kind.Counter)));

    [Fact]
    public void ManyHistogramsTogetherAreTooLarge() =>
        Assert.Equal(CatalogOutcome.TooLarge, Take([.. Enumerable.Range(1, 10).Select(number =>
        {
            Metric metric = Histogram(10, 20, 2);
            metric.Id = (uint)number * 100;
            return metric;
        })]));

    private CatalogOutcome Take(Metric metric, params Block[] blocks) => Take([metric], blocks);

    private CatalogOutcome Take(Metric[] metrics, params Block[] blocks) => catalog.Take(new TestHost(1).Whole(1, metrics, blocks).ToByteArray(), 1);

    private static Metric Histogram(uint least, uint most, uint steps)
    {
        Metric metric = TestHost.Metric(7, "wait_seconds", Kind.HistogramBucket);
        metric.LogLinear = new LogLinear { LeastBits = least, MostBits = most, StepBits = steps, Unit = 1 };
        return metric;
    }
}
