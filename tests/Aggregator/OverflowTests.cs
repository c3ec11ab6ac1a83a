using CsCheck;
using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Series beyond the bound of their metric.</summary>
public class OverflowTests
{
    private const ulong Retention = 1000;
    private static readonly Metric[] Metrics =
        [TestHost.Metric(1, "a_total", Kind.Counter), TestHost.Metric(2, "used_bytes", Kind.Gauge), TestHost.Metric(3, "heat_celsius", Kind.Gauge)];

    private readonly SeriesTable table = new(1000, Retention, new HashSet<string>(), maxPerMetric: 3);
    private readonly HostCatalog catalog;
    private readonly TestHost host = new(1);
    private ushort epoch = 1;

    public OverflowTests() => catalog = new HostCatalog(table, new CatalogLimits(), (name, _) => new HostIdentity(name));

    [Fact]
    public void SumsOfCountersAndGaugesAreTheTruthWhateverComesAndGoes() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Gen.ULong[0, 1000], Gen.ULong[0, 1000]).Array[1, 150].Sample(steps =>
        {
            OverflowTests test = new();
            test.Take(test.host.Whole(test.epoch, Metrics));
            Dictionary<int, ulong> counters = [], gauges = [];
            ulong kept = 0, now = 1;
            foreach ((int entity, int what, ulong grown, ulong gauge) in steps)
            {
                now++;
                if (what == 0 && counters.Remove(entity, out ulong last))
                {
                    // Series that are shown disappear with what they counted; the overflow series keeps it.
                    kept += test.catalog.Find((ushort)(entity * 2), test.epoch)!.Overflow is null ? 0 : last;
                    test.Change(now, Removed(entity));
                    gauges.Remove(entity);
                    now += Retention;
                    test.table.Maintain(now);
                    test.table.Publish();
                    kept = test.Shown("a_total").Any(series => series.IsOverflow) ? kept : 0;
                }
                else if (counters.TryAdd(entity, 0))
                {
                    test.Change(now, Entity(entity));
                }

                if (!counters.ContainsKey(entity))
                    continue;
                counters[entity] += grown;
                gauges[entity] = gauge;
                test.Update(entity, 0, counters[entity], now);
                test.Update(entity, 1, gauge, now);
                test.table.Publish();
                Assert.Equal(counters.Values.Aggregate(kept, (sum, value) => sum + value), test.Sum("a_total"), 6);
                Assert.Equal(gauges.Values.Aggregate(0ul, (sum, value) => sum + value), test.Sum("used_bytes"), 6);
                Assert.True(test.Shown("a_total").Count(series => !series.IsOverflow) <= 3);
            }
        }, iter: 500);

    [Fact]
    public void TheOverflowSeriesNamesMetricAndHostButNoEntity()
    {
        Metric read = new(Metrics[0]) { Labels = { ["direction"] = "read" } };
        Take(host.Whole(1, [read], [.. Enumerable.Range(0, 5).Select(entity => TestHost.Block((uint)entity, [1], ("pid", $"{entity}")))]));
        table.Publish();
        Series overflow = Assert.Single(table.Snapshot, series => series.IsOverflow);
        Assert.Equal(["direction=read", "host=alpha", "overflow=true"], overflow.Labels.Select(label => $"{label.Key}={label.Value}"));
        Assert.Equal((4, 2, 2ul), (table.Snapshot.Count, table.Folded, table.Refused(SeriesRefusal.Folded)));
        // The same catalog again finds everything in its place.
        Take(host.Whole(2, [read], [.. Enumerable.Range(0, 5).Select(entity => TestHost.Block((uint)entity, [1], ("pid", $"{entity}")))]));
        table.Publish();
        Assert.Equal((4, 2, 2ul), (table.Snapshot.Count, table.Folded, table.Refused(SeriesRefusal.Folded)));
    }

    /// <summary>A member comes back from an older epoch; meanwhile all had ended, and another member has a new overflow series.</summary>
    [Fact]
    public void AMemberThatComesBackFeedsTheOverflowSeriesThatThereIs()
    {
        Block[] all = [.. Enumerable.Range(0, 5).Select(entity => TestHost.Block((uint)entity, [1], ("pid", $"{entity}")))];
        Take(host.Whole(1, Metrics, all));
        Take(host.Change(2, 1, new Block(all[3]) { Removed = true }, new Block(all[4]) { Removed = true }), 10);
        // What they fed ends with the last of them, and goes when it has been so for as long.
        table.Maintain(10 + Retention);
        table.Maintain(10 + (2 * Retention));
        Take(host.Change(3, 2, TestHost.Block(7, [1], ("pid", "7"))), 3000);
        // Slots 3 and 4 are again what they were in epoch 1; 7 stays.
        Take(host.Change(4, 1, TestHost.Block(7, [1], ("pid", "7"))), 3001);
        foreach ((ushort slot, ulong value) in ((ushort, ulong)[])[(3, 100), (4, 20), (7, 3)])
        {
            catalog.Find(slot, 4)!.Update(0, isSample: false, 3002, 3002);
            catalog.Find(slot, 4)!.Update(value, isSample: false, 3003, 3003);
        }

        table.Publish();
        Assert.Single(table.Snapshot, series => series.IsOverflow);
        Assert.Equal(123, Sum("a_total"));
    }

    [Fact]
    public void GaugesThatDoNotAddUpAreLeftOutAndCounted()
    {
        Take(host.Whole(1, Metrics, [.. Enumerable.Range(0, 5).Select(entity => TestHost.Block((uint)entity, [3], ("pid", $"{entity}")))]));
        table.Publish();
        Assert.Equal((3, 2ul), (table.Snapshot.Count, table.Refused(SeriesRefusal.LeftOut)));
        Assert.Null(catalog.Find(4, 1));
    }

    [Fact]
    public void ACounterBeyondTheBoundMayBeginAgain()
    {
        Take(host.Whole(1, Metrics, [.. Enumerable.Range(0, 4).Select(entity => TestHost.Block((uint)entity, [1], ("pid", $"{entity}")))]));
        foreach ((ulong value, ulong now) in ((ulong, ulong)[])[(100, 1), (150, 2), (30, 3), (40, 4)])
            catalog.Find(3, 1)!.Update(value, isSample: false, (long)now, now);
        table.Publish();
        Assert.Equal(190, Sum("a_total"));
    }

    [Fact]
    public void AnEntityMayBearTheOverflowsNameWithoutTakingIt()
    {
        Take(host.Whole(1, Metrics, [.. Enumerable.Range(0, 5).Select(entity => TestHost.Block((uint)entity, [1], ("pid", $"{entity}")))]));
        Take(host.Change(2, 1, TestHost.Block(9, [1], (Series.OverflowLabel, "true"))));
        Assert.Equal((null, 1ul), (catalog.Find(9, 2), table.Refused(SeriesRefusal.FamilyConflict)));
    }

    [Fact]
    public void ASeriesTellsWhatBecameOfIt()
    {
        Take(host.Whole(1, Metrics, TestHost.Block(0, [1], ("pid", "0"))));
        table.Publish();
        Series series = Assert.Single(table.Snapshot);
        series.Host.LastArrival = 5000;
        Assert.Equal([SeriesState.Live, SeriesState.Stale, SeriesState.Live], ((ulong[])[5001, 7000, 4000]).Select(now => series.StateAt(now, 2000)));
        Take(host.Change(2, 1, new Block(TestHost.Block(0, [1])) { Removed = true }), 5000);
        Assert.Equal(SeriesState.Ended, series.StateAt(5001, 2000));
        table.Maintain(5000 + Retention);
        Assert.Equal(SeriesState.Stale, series.StateAt(5001, 2000));
        Take(host.Change(3, 2, TestHost.Block(0, [1], ("pid", "0"))), 6001);
        table.Publish();
        Assert.Equal(SeriesState.Live, Assert.Single(table.Snapshot).StateAt(5001, 2000));
    }

    private static Block Entity(int entity) => TestHost.Block((uint)entity * 2, [1, 2], ("pid", $"{entity}"));

    private static Block Removed(int entity) => new(Entity(entity)) { Removed = true };

    private void Change(ulong now, Block block) => Take(host.Change(++epoch, (ushort)(epoch - 1), block), now);

    private void Take(CatalogUpdate update, ulong now = 1) => Assert.Equal(CatalogOutcome.Applied, catalog.Take(update.ToByteArray(), now));

    private void Update(int entity, int metric, ulong raw, ulong now) =>
        catalog.Find((ushort)((entity * 2) + metric), epoch)!.Update(raw, isSample: false, (long)now, now);

    private IEnumerable<Series> Shown(string family) => table.Snapshot.Where(series => series.Family.Name == family);

    private double Sum(string family) => Shown(family).Sum(series => series.TryRead(out SeriesValue value) ? value.Value : 0);
}
