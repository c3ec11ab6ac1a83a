using CsCheck;
using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Telemetry;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

public class SeriesTests
{
    private const ulong Mask = (1ul << 48) - 1;
    private const long Second = 1_000_000_000;

    [Fact]
    public void ACounterIsExactThroughWrapsLossAndRepetition()
    {
        Gen.Select(Gen.ULong[0, Mask], Gen.Select(Gen.ULong[0, 1ul << 45], Gen.Bool, Gen.Bool).Array[1, 100]).Sample((start, steps) =>
        {
            Series series = Make(Kind.Counter, Encoding.Unsigned);
            ulong value = start;
            series.Update(value & Mask, false, 0, 0);
            long stamp = 0;
            ulong seen = value;
            foreach ((ulong step, bool isLost, bool isRepeated) in steps)
            {
                value += step;
                stamp++;
                // A gap may hide at most a quarter of the range: twice in a row would be more.
                if (isLost && value - seen < 1ul << 45)
                    continue;
                seen = value;
                series.Update(value & Mask, false, stamp, 0);
                if (isRepeated)
                    series.Update(value & Mask, false, stamp, 0);
                Assert.True(series.TryRead(out SeriesValue read));
                Assert.Equal((double)value, read.Value);
            }
        });
    }

    [Fact]
    public void ACounterThatBeginsAgainShowsIt()
    {
        Series series = Make(Kind.Counter, Encoding.Unsigned);
        series.Update(5000, false, 1, 0);
        series.Update(20, false, 2, 0);
        Assert.Equal(20, Read(series).Value);
    }

    [Fact]
    public void AnOlderValueNeverReplacesANewerOne()
    {
        Series series = Make(Kind.Gauge, Encoding.Unsigned);
        series.Update(1, false, 10, 5);
        series.Update(2, false, 9, 6);
        Assert.Equal((1.0, 10L, 5ul, 1ul), (Read(series).Value, Read(series).Stamp, Read(series).Arrival, Read(series).Updates));
        series.Restart();
        series.Update(3, false, 2, 7);
        Assert.Equal(3, Read(series).Value);
    }

    [Fact]
    public void AHostThatWasSetBackIsBelieved()
    {
        Series series = Make(Kind.Counter, Encoding.Unsigned);
        series.Update(1000, false, 3600 * Second, 100);
        series.Update(20, false, 5 * Second, 100 + (90 * (ulong)Second));
        Assert.Equal(1000, Read(series).Value);
        series.Update(30, false, 6 * Second, 100 + (100 * (ulong)Second), setBack: 101);
        Assert.Equal((30, 6 * Second), (Read(series).Value, Read(series).Stamp));
        series.Update(31, false, 7 * Second, 101 + (100 * (ulong)Second), setBack: 101);
        Assert.Equal(31, Read(series).Value);
        series.Update(29, false, 5 * Second, 102 + (100 * (ulong)Second), setBack: 101);
        Assert.Equal(31, Read(series).Value);
    }

    [Fact]
    public void AValueThatArrivedAfterTheReaderLookedAtTheClockIsNoOldOne()
    {
        Series series = Make(Kind.Counter, Encoding.Unsigned);
        series.Update(0, false, 0, 50);
        series.Update(2, false, Second, 51);
        Assert.Equal(2, Read(series).RateAt(50));
    }

    [Fact]
    public void SignedValuesKeepTheirSign() => Gen.Long[-(1L << 47), (1L << 47) - 1].Sample(value =>
    {
        Series series = Make(Kind.Gauge, Encoding.Signed, 0.5);
        series.Update((ulong)value & Mask, false, 1, 0);
        Assert.Equal(value * 0.5, Read(series).Value);
        series.Update((ulong)value, true, 2, 0);
        Assert.Equal(value * 0.5, Read(series).Value);
    });

    [Fact]
    public void DoublesAreRightToTenDigits() => Gen.Double.Where(value => double.IsNormal(value)).Sample(value =>
    {
        Series series = Make(Kind.Gauge, Encoding.Double);
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        series.Update(bits >> 16, false, 1, 0);
        Assert.True(Math.Abs(Read(series).Value - value) <= Math.Abs(value) * 1e-10);
        series.Update(bits, true, 2, 0);
        Assert.Equal(value, Read(series).Value);
    });

    [Fact]
    public void TheRateIsThatOfTheHostsClockWhateverTheArrival()
    {
        Series series = Make(Kind.Counter, Encoding.Unsigned, 1e-9);
        for (long stamp = 0; stamp <= 10 * Second; stamp += Second / 8)
            series.Update((ulong)(stamp / 4), false, stamp + 77, (ulong)Random.Shared.NextInt64(1L << 40));
        Assert.Equal(0.25, Read(series).Rate, 9);
        Assert.Equal(0, Read(series).RateAt(Read(series).Arrival + (6 * (ulong)Second)));
    }

    [Fact]
    public void ReadersNeverSeeHalfAnUpdate()
    {
        Series series = Make(Kind.Gauge, Encoding.Unsigned);
        using CancellationTokenSource stop = new();
        Thread writer = new(() =>
        {
            for (ulong number = 1; !stop.IsCancellationRequested; number++)
            {
                series.Update(number, false, (long)number, number);
                // A writer without a pause can keep a reader out for as long as it likes.
                Thread.SpinWait((int)(number % 64));
            }
        })
        { IsBackground = true };
        writer.Start();
        for (int reads = 0; reads < 300_000;)
        {
            if (!series.TryRead(out SeriesValue value))
                continue;
            Assert.Equal((value.Value, (double)value.Stamp, value.Updates), (value.Arrival, value.Arrival, value.Arrival));
            reads++;
        }

        stop.Cancel();
        writer.Join();
    }

    [Fact]
    public void TheTableIsBoundedAndSaysWhatItRefused()
    {
        SeriesTable table = new(2, 1, new HashSet<string> { "reserved_total" });
        HostCatalog catalog = new(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
        TestHost host = new(1);
        catalog.Take(host.Whole(
            1,
            [TestHost.Metric(1, "a_total", Kind.Counter), TestHost.Metric(2, "a_total", Kind.Counter), TestHost.Metric(3, "reserved_total", Kind.Counter), TestHost.Metric(4, "x", Kind.Gauge)],
            TestHost.Block(0, [3]), TestHost.Block(1, [1], ("pid", "1")), TestHost.Block(2, [2], ("pid", "1")), TestHost.Block(3, [4]), TestHost.Block(4, [4], ("pid", "2"))).ToByteArray(), 1);
        Assert.Equal(1, catalog.Epoch);
        Assert.Equal((1ul, 1ul, 1ul), (table.Refused(SeriesRefusal.FamilyConflict), table.Refused(SeriesRefusal.Contested), table.Refused(SeriesRefusal.Overflow)));
        table.Publish();
        Assert.Equal(2, table.Snapshot.Count);
    }

    [Fact]
    public void TheTextOfAllSeriesIsBoundedToo()
    {
        SeriesTable table = new(4, 1, new HashSet<string>());
        HostCatalog catalog = new(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
        TestHost host = new(1);
        Metric metric = TestHost.Metric(1, "a", Kind.Gauge);
        metric.Labels.Add("long", new string('x', 500));
        metric.Labels.Add("longer", new string('x', 450));
        Block removed = TestHost.Block(0, [1]);
        removed.Removed = true;
        catalog.Take(host.Whole(1, [metric], [.. Enumerable.Range(0, 4).Select(slot => TestHost.Block((uint)slot, [1], ("pid", $"{slot}")))]).ToByteArray(), 1);
        table.Publish();
        Assert.Equal((2, 2ul), (table.Snapshot.Count, table.Refused(SeriesRefusal.Overflow)));
        catalog.Take(host.Change(2, 1, removed).ToByteArray(), 2);
        table.Maintain(3);
        catalog.Take(host.Change(3, 2, TestHost.Block(9, [1], ("pid", "9"))).ToByteArray(), 4);
        table.Publish();
        Assert.Equal((2, 2ul), (table.Snapshot.Count, table.Refused(SeriesRefusal.Overflow)));
    }

    [Fact]
    public void AKindThatContradictsAnotherHostsIsRefused()
    {
        SeriesTable table = new(10, 1, new HashSet<string>());
        HostCatalog first = new(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
        HostCatalog second = new(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
        first.Take(new TestHost(1).Whole(1, [TestHost.Metric(1, "x", Kind.Gauge)], TestHost.Block(0, [1])).ToByteArray(), 1);
        Metric other = TestHost.Metric(1, "x", Kind.HistogramBucket);
        second.Take(new TestHost(2) { Name = "beta" }.Whole(1, [other], TestHost.Block(0, [1])).ToByteArray(), 1);
        Assert.Equal(1ul, table.Refused(SeriesRefusal.FamilyConflict));
        Assert.Null(second.Find(0, 1));
    }

    [Fact]
    public void AnEndedSeriesStaysForTheRetentionAndTakesItsLastValues()
    {
        SeriesTable table = new(10, 100, new HashSet<string>());
        HostCatalog catalog = new(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
        TestHost host = new(1);
        catalog.Take(host.Whole(1, [TestHost.Metric(1, "a_total", Kind.Counter)], TestHost.Block(0, [1], ("pid", "1"))).ToByteArray(), 1000);
        Block removed = TestHost.Block(0, [1]);
        removed.Removed = true;
        catalog.Take(host.Change(2, 1, removed).ToByteArray(), 2000);
        Assert.Null(catalog.Find(0, 2));
        catalog.Find(0, 1)!.Update(7, false, 1, 1);
        // The drain thread looks at the clock before it takes the removal, which arrives meanwhile.
        table.Maintain(1999);
        table.Maintain(2099);
        table.Publish();
        Assert.Equal(7, Read(Assert.Single(table.Snapshot)).Value);
        table.Maintain(2100);
        table.Publish();
        Assert.Empty(table.Snapshot);
    }

    [Fact]
    public void WhenAnEntityIsReplacedByOneOfTheSameNameTheNewOneCounts()
    {
        SeriesTable table = new(10, 100, new HashSet<string>());
        HostCatalog catalog = new(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
        TestHost host = new(1);
        catalog.Take(host.Whole(1, [TestHost.Metric(1, "a_total", Kind.Counter)], TestHost.Block(5, [1], ("cgroup", "/web"))).ToByteArray(), 1);
        catalog.Find(5, 1)!.Update(1000, false, 1, 1);
        catalog.Take(host.Change(2, 1, TestHost.Block(0, [1], ("cgroup", "/web"))).ToByteArray(), 2);
        Assert.Null(catalog.Find(5, 2));
        catalog.Find(0, 2)!.Update(3, false, 2, 2);
        Assert.Equal(3, Read(catalog.Find(0, 2)!).Value);
        Block removed = TestHost.Block(5, [1]);
        removed.Removed = true;
        catalog.Take(host.Change(3, 2, removed).ToByteArray(), 3);
        table.Maintain(1_000_000);
        table.Publish();
        Assert.Same(catalog.Find(0, 3), Assert.Single(table.Snapshot));
    }

    private static Series Make(Kind kind, Encoding encoding, double scale = 1) => new(
        new HostIdentity("alpha"), new MetricFamily("m", "Help.", kind), "m", [], TestHost.Metric(1, "m", kind, encoding, scale));

    private static SeriesValue Read(Series series)
    {
        Assert.True(series.TryRead(out SeriesValue value));
        return value;
    }
}
