using CsCheck;
using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Sketches;
using OppTel.Telemetry;
using OppTel.Telemetry.Distributions;
using OppTel.Telemetry.Windows;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Distributions of series against one histogram that counts every value.</summary>
public class DistributionTests
{
    private const ulong Second = 1_000_000_000;

    private static readonly Metric[] Metrics =
        [TestHost.Metric(1, "queue_length", Kind.Gauge, Encoding.Signed), TestHost.Metric(2, "cpu_seconds_total", Kind.Counter, scale: 1e-9), TestHost.Metric(3, "other", Kind.Gauge), Waits];

    private readonly DistributionSet set;
    private readonly SeriesTable table;
    private readonly HostCatalog catalog;
    private readonly TestHost host = new(1);

    public DistributionTests()
        : this(4 << 20)
    {
    }

    private DistributionTests(long memory)
    {
        set = new DistributionSet(new DistributionOptions(["queue_*", "cpu_seconds_total", "*wait*"], memory));
        table = new SeriesTable(10_000, 1000, new HashSet<string>()) { Distributions = set };
        catalog = new HostCatalog(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
    }

    private static Metric Waits
    {
        get
        {
            Metric metric = TestHost.Metric(10, "wait_seconds", Kind.HistogramBucket);
            metric.Bounds = new Bounds { UpperBounds = { 0, 1, 2, double.PositiveInfinity } };
            return metric;
        }
    }

    [Fact]
    public void EveryWindowAndTheWholeAreWhatAllTheirValuesGive() =>
        Gen.Select(Gen.Int[-5, 1000], Gen.ULong[1, Second / 2]).Array[1, 400].Sample(steps =>
        {
            DistributionTests test = new(4 << 20);
            test.Take(1, TestHost.Block(0, [1]));
            ulong now = 600 * Second;
            test.Advance(now);
            List<(ulong At, double Value)> all = [];
            foreach ((int value, ulong pause) in steps)
            {
                now += pause;
                test.Advance(now);
                test.Update(0, unchecked((ulong)(long)value), now);
                all.Add((now, value));
            }

            now = (now / Second * Second) + Second;
            test.Advance(now);
            Distribution distribution = Assert.Single(test.set.Snapshot());
            AssertEqual(all.Select(entry => entry.Value), test.set.All(distribution));
            foreach (WindowSpan span in Enum.GetValues<WindowSpan>())
            {
                ulong length = span.Seconds() * Second;
                IEnumerable<(ulong At, double Value)>[] expected =
                    [.. all.Where(entry => entry.At < now / length * length).GroupBy(entry => entry.At / length).OrderByDescending(group => group.Key)];
                IReadOnlyList<DistributionWindow> windows = test.set.Windows(distribution, span, int.MaxValue);
                Assert.Equal(expected.Select(group => ((group.First().At / length) + 1) * length), windows.Select(window => window.End));
                foreach ((IEnumerable<(ulong At, double Value)> values, DistributionWindow window) in expected.Zip(windows))
                    AssertEqual(values.Select(entry => entry.Value), window);
            }
        }, iter: 200);

    [Fact]
    public void ACountersDistributionIsThatOfItsRatesOverStepsOfTenMilliseconds()
    {
        Take(1, TestHost.Block(0, [2]));
        List<double> rates = [];
        ulong counter = 0, stepped = 0, stepTime = 0, time = 1;
        Random random = new(7);
        Update(0, 0, time);
        for (int record = 0; record < 2000; record++)
        {
            ulong pause = (ulong)random.Next(1, 8_000_000), grown = (ulong)random.Next(0, (int)pause);
            (time, counter, stepped, stepTime) = (time + pause, counter + grown, stepped + grown, stepTime + pause);
            Update(0, counter, time);
            if (stepTime < 10_000_000)
                continue;
            rates.Add((double)stepped / stepTime);
            (stepped, stepTime) = (0, 0);
        }

        Advance(10 * Second);
        DistributionWindow all = set.All(Assert.Single(set.Snapshot()));
        Assert.Equal((ulong)rates.Count, all.Count);
        Assert.Equal(rates.Sum(), all.Sum, 1e-6);
        Assert.Equal((rates.Min(), rates.Max()), (all.Min, all.Max), new Nearly());
    }

    [Fact]
    public void AHistogramsGrowthIsCountedInTheMiddleOfEachBucket()
    {
        Take(1, TestHost.Block(0, [10, 11, 12, 13], ("disk", "a")));
        foreach ((ulong at, ulong[] counts) in ((ulong, ulong[])[])[(1, [5, 5, 5, 5]), (2, [5, 8, 6, 5]), (3, [6, 8, 6, 9])])
        {
            for (int bucket = 0; bucket < counts.Length; bucket++)
                Update((ushort)bucket, counts[bucket], at);
        }

        Advance(Second);
        Distribution distribution = Assert.Single(set.Snapshot());
        Assert.Equal("wait_seconds_distribution", distribution.Family.Name);
        AssertEqual([0, 0.5, 0.5, 0.5, 1.5, 2, 2, 2, 2], set.All(distribution));
        // The sender begins anew: what its buckets show then is from before, or not, nobody knows.
        catalog.Restart(4);
        Take(7, TestHost.Block(0, [10, 11, 12, 13], ("disk", "a")));
        Update(0, 3, 5, 7);
        Update(0, 4, 6, 7);
        Advance(2 * Second);
        Assert.Equal(10ul, set.All(distribution).Count);
    }

    [Fact]
    public void MemoryIsBoundedAndGivenBack()
    {
        DistributionTests test = new(1 << 20);
        long idle = test.set.Bytes;
        test.Take(1, [.. Enumerable.Range(0, 300).Select(slot => TestHost.Block((uint)slot, [1], ("pid", $"{slot}")))]);
        int most = test.set.Count;
        Assert.InRange(most, 20, 299);
        Assert.Equal(300ul, (ulong)most + test.set.Refused);
        Assert.InRange(test.set.Bytes, idle + 1, 1 << 20);
        test.Take(2);
        test.table.Maintain(1_000_000);
        test.Fold();
        test.Take(3, TestHost.Block(0, [1], ("pid", "new")));
        Assert.Equal((1, "new"), (test.set.Count, Assert.Single(test.set.Snapshot()).Series.Labels[1].Value));
        Assert.True(test.set.IsTaken("queue_length_distribution"));
        test.Take(4);
        test.table.Maintain(2_000_000);
        test.Fold();
        Assert.Equal((idle, false), (test.set.Bytes, test.set.IsTaken("queue_length_distribution")));
    }

    [Fact]
    public void WhatDoesNotFitIntoTheQueueIsLostAndCounted()
    {
        DistributionTests test = new(1 << 20);
        test.Take(1, TestHost.Block(0, [1]));
        for (ulong record = 1; record <= 10_000; record++)
            test.Update(0, 1, record);
        test.Advance(Second);
        test.Fold();
        test.Advance(2 * Second);
        Assert.Equal((4096ul, 10_000ul - 4096), (test.set.All(Assert.Single(test.set.Snapshot())).Count, test.set.Lost));
    }

    [Fact]
    public void NamesOfDistributionsAndOfMetricsDoNotCollide()
    {
        Take(1, [TestHost.Metric(1, "queue_length_distribution", Kind.HistogramBucket), TestHost.Metric(2, "queue_length", Kind.Gauge)], TestHost.Block(0, [1]), TestHost.Block(1, [2]));
        // "queue_*" selects the first one too; the second one's distribution would bear its name.
        Assert.Equal(["queue_length_distribution_distribution"], set.Snapshot().Select(distribution => distribution.Family.Name));
        Assert.Equal(1ul, set.Refused);
        Take(2, [TestHost.Metric(3, "cpu_seconds_total", Kind.Counter), TestHost.Metric(4, "cpu_seconds_rate_distribution", Kind.HistogramBucket)], TestHost.Block(5, [3]), TestHost.Block(6, [4]));
        Assert.Equal((null, 1ul), (catalog.Find(6, 2), table.Refused(SeriesRefusal.FamilyConflict)));
    }

    [Fact]
    public void ACountersRatesAndAGaugesValuesUnderOneNameAreNotMixed()
    {
        Metric[] metrics = [TestHost.Metric(1, "queue_total", Kind.Counter), TestHost.Metric(2, "queue_rate", Kind.Gauge)];
        Take(1, metrics, TestHost.Block(0, [1]), TestHost.Block(1, [2]));
        Assert.Equal(("queue_total", 1ul), (Assert.Single(set.Snapshot()).Series.Family.Name, set.Refused));
        // The name is free again when the last one that bore it has ended.
        Take(2, metrics, TestHost.Block(5, [2], ("cpu", "1")));
        table.Maintain(1_000_000);
        Fold();
        Take(3, metrics, TestHost.Block(5, [2], ("cpu", "2")));
        Assert.Equal("queue_rate", Assert.Single(set.Snapshot()).Series.Family.Name);
    }

    /// <summary>The histogram's sum has the bound 0, and -0 equals 0: neither takes the bucket at 0 along when it ends.</summary>
    [Fact]
    public void WhatEndsTakesNoOtherBucketAlong()
    {
        Metric[] metrics = [TestHost.Metric(10, "wait_seconds", Kind.HistogramBucket), TestHost.Metric(11, "wait_seconds", Kind.HistogramBucket), TestHost.Metric(20, "wait_seconds", Kind.HistogramSum)];
        metrics[0].UpperBound = -0.0;
        Take(1, metrics, TestHost.Block(0, [10]), TestHost.Block(1, [11]), TestHost.Block(2, [20]));
        Assert.Equal(1, set.Count);
        Take(2, metrics, TestHost.Block(1, [11]));
        table.Maintain(1_000_000);
        Fold();
        Assert.Equal(1, set.Count);
        Update(1, 1, 2_000_000);
        Update(1, 5, 2_000_001);
        Advance(Second);
        Assert.Equal(4ul, set.All(Assert.Single(set.Snapshot())).Count);
    }

    [Fact]
    public void TheNewestWindowsOverwriteTheOldestOfAll()
    {
        WindowLog log = new(2 * WindowLog.LongestEntry);
        List<long> positions = [];
        ExponentialHistogram window = new(Distribution.MaxBuckets);
        for (ulong number = 0; number < 1000; number++)
        {
            window.Clear();
            for (ulong value = 0; value <= number % 40; value++)
                window.Record((value * 3.7) - 9, number + 1);
            positions.Add(log.Append(positions.Count == 0 ? WindowLog.None : positions[^1], number, window));
        }

        int found = 0;
        for (long at = positions[^1]; log.TryRead(at, out at, out DistributionWindow? read); found++)
        {
            ulong number = 999 - (ulong)found;
            Assert.Equal((number, (number + 1) * ((number % 40) + 1)), (read!.End, read.Count));
            Assert.Equal(found < 999 ? positions[998 - found] : WindowLog.None, at);
        }

        Assert.InRange(found, 3, 500);
        Assert.False(log.TryRead(positions[0], out _, out _));
    }

    [Fact]
    public void TheRecordPathAllocatesNothing()
    {
        Take(1, TestHost.Block(0, [1, 2]), TestHost.Block(2, [10, 11, 12, 13]));
        ulong time = 1;
        Allocations.AssertNone(_ =>
        {
            for (int record = 0; record < 5000; record++)
            {
                time += Second / 1000;
                Update((ushort)(record % 6), time, time);
                if (record % 20 == 0)
                    set.Advance(time);
            }

            while (set.Fold() > 0)
            {
            }
        });
        Assert.Equal((3, 0ul), (set.Count, set.Lost));
    }

    [Fact]
    public void ReadersSeeWholeWindowsWhileOthersWrite()
    {
        Take(1, TestHost.Block(0, [1]));
        using CancellationTokenSource stop = new();
        // Each second has the values 1 to 64; what waits never exceeds the queue.
        Thread writer = new(() =>
        {
            for (ulong time = 1; !stop.IsCancellationRequested; time++)
            {
                Update(0, (time % 64) + 1, time);
                if (time % 64 == 63)
                    set.Advance((time / 64) * Second);
                while (time % 1024 == 0 && set.Pending > 2048 && !stop.IsCancellationRequested)
                    Thread.Sleep(0);
            }
        });
        Thread folder = new(() =>
        {
            while (!stop.IsCancellationRequested)
                set.Fold();
        });
        writer.Start();
        folder.Start();
        Distribution distribution = Assert.Single(set.Snapshot());
        for (int reads = 0; reads < 2000;)
        {
            DistributionWindow all = set.All(distribution);
            Assert.Equal(all.Count, all.Positive.Counts.Aggregate(all.ZeroCount, (sum, count) => sum + count));
            foreach (DistributionWindow window in set.Windows(distribution, WindowSpan.Second, 20).Where(window => window.Count == 64))
            {
                Assert.Equal((64.0 * 65 / 2, 1, 64), (window.Sum, window.Min, window.Max));
                reads++;
            }
        }

        stop.Cancel();
        writer.Join();
        folder.Join();
        Assert.Equal(0ul, set.Lost);
    }

    private static void AssertEqual(IEnumerable<double> values, DistributionWindow window)
    {
        ExponentialHistogram expected = new(Distribution.MaxBuckets);
        foreach (double value in values)
            expected.Record(value);
        DistributionWindow right = DistributionWindow.Of(expected, window.End);
        Assert.Equal((right.Count, right.Min, right.Max, right.ZeroCount, right.Scale), (window.Count, window.Min, window.Max, window.ZeroCount, window.Scale));
        Assert.Equal(right.Sum, window.Sum, 1e-9 * Math.Abs(right.Sum));
        foreach ((BucketRange one, BucketRange other) in ((BucketRange, BucketRange)[])[(right.Positive, window.Positive), (right.Negative, window.Negative)])
        {
            Assert.Equal(one.Counts, other.Counts);
            Assert.Equal(one.Offset, other.Offset);
        }
    }

    private void Take(ushort epoch, params Block[] blocks) => Take(epoch, Metrics, blocks);

    private void Take(ushort epoch, Metric[] metrics, params Block[] blocks)
    {
        this.epoch = epoch;
        Assert.Equal(CatalogOutcome.Applied, catalog.Take(host.Whole(epoch, metrics, blocks).ToByteArray(), 1));
    }

    private ushort epoch;

    private void Update(ushort slot, ulong raw, ulong time, ushort? at = null) => catalog.Find(slot, at ?? epoch)!.Update(raw, isSample: false, (long)time, time);

    private void Advance(ulong now)
    {
        set.Advance(now);
        Fold();
    }

    private void Fold()
    {
        while (set.Fold() > 0)
        {
        }
    }

    private sealed class Nearly : IEqualityComparer<(double, double)>
    {
        public bool Equals((double, double) x, (double, double) y) => Math.Abs(x.Item1 - y.Item1) + Math.Abs(x.Item2 - y.Item2) < 1e-9;

        public int GetHashCode((double, double) obj) => 0;
    }
}
