using CsCheck;
using OppTel.Aggregator.Tests;
using OppTel.Recorder.Queries;

namespace OppTel.Recorder.Tests;

public class HistoryTests
{
    [Fact]
    public void WhateverGoesInComesOutExactly()
    {
        RandomTraffic.Trailer.Array[1, 150].Sample(plans =>
        {
            using TestHistory test = new(blockRecords: 64);
            RandomTraffic traffic = Play(test, plans);
            using HistoryReader reader = test.Read();
            foreach (IGrouping<(string Host, int Slot), SentRecord> sent in traffic.Sent.GroupBy(record => (record.Host, record.Slot)))
            {
                List<ScannedRecord> found = [];
                Assert.False(reader.Arrivals(new SeriesSelection([traffic.Series(sent.Key.Host, sent.Key.Slot)]), long.MinValue, long.MaxValue, int.MaxValue, found));
                Assert.Equal(
                    sent.Select(record => (record.HostTime, record.Time, record.Raw, record.IsSample)),
                    found.Select(record => (record.Time - record.Offset, record.Time, record.Raw, record.IsSample)));
            }
        }, iter: 60);
    }

    [Fact]
    public void AScanGivesTheRecordsOfATimeInTheirOrder()
    {
        Gen.Select(RandomTraffic.Trailer.Array[1, 150], Gen.Double[0, 1], Gen.Double[0, 1]).Sample((plans, first, second) =>
        {
            using TestHistory test = new(blockRecords: 64);
            RandomTraffic traffic = Play(test, plans);
            long start = traffic.Sent.Min(record => record.Time), length = traffic.Sent.Max(record => record.Time) - start;
            long from = start + (long)(Math.Min(first, second) * length), to = start + (long)(Math.Max(first, second) * length);
            SeriesSelection selection = new([.. test.History.Series]);
            Collector found = new(selection);
            using HistoryReader reader = test.Read();
            reader.Scan(selection, from, to, found);
            foreach (IGrouping<(string Host, int Slot), SentRecord> sent in traffic.Sent.GroupBy(record => (record.Host, record.Slot)))
            {
                // OrderBy is stable: records of one time stay as they came.
                Assert.Equal(
                    sent.Where(record => record.Time >= from && record.Time < to).OrderBy(record => record.Time).Select(record => (record.Time, record.Raw)),
                    found.Of(traffic.Series(sent.Key.Host, sent.Key.Slot)).Select(record => (record.Time, record.Raw)));
            }
        }, iter: 60);
    }

    [Fact]
    public void RecordsAreCountedWithTheirSeries()
    {
        RandomTraffic.Trailer.Array[1, 100].Sample(plans =>
        {
            using TestHistory test = new(blockRecords: 64);
            RandomTraffic traffic = Play(test, plans);
            using HistoryReader reader = test.Read();
            Dictionary<uint, (long Records, long First, long Last)> uncounted = reader.Uncounted();
            foreach (IGrouping<(string Host, int Slot), SentRecord> sent in traffic.Sent.GroupBy(record => (record.Host, record.Slot)))
            {
                RecordedSeries series = traffic.Series(sent.Key.Host, sent.Key.Slot);
                (long records, long first, long last) = uncounted.GetValueOrDefault(series.Id, (0, long.MaxValue, long.MinValue));
                Assert.Equal(
                    (sent.Count(), sent.Min(record => record.Time), sent.Max(record => record.Time)),
                    (series.Records + records, Math.Min(series.First, first), Math.Max(series.Last, last)));
            }
        }, iter: 30);
    }

    [Fact]
    public void TakingRecordsAllocatesNothing()
    {
        using TestHistory test = new();
        test.History.Start();
        RandomTraffic traffic = new(test);
        traffic.Start();
        TestHost host = new(7);
        byte[][] trailers = [.. Enumerable.Range(0, 20_000).Select(number => host.Trailer(
            0, 3, test.Now + (ulong)number, new Wire.ValueRecord(0, (ulong)number), new Wire.ValueRecord(1, 7), new Wire.ValueRecord(2, (ulong)number << 20)))];
        Allocations.AssertNone(round =>
        {
            foreach (byte[] trailer in trailers.AsSpan(round * 2000, 2000))
                test.Receiver.TakeTrailer(0, trailer, test.Now++);
        });
        Assert.Equal(0ul, test.History.NotKept);
    }

    [Fact]
    public void OldRecordsAreForgottenWithTheirBlock()
    {
        using TestHistory test = new(span: 10 * TestHistory.Second, blockRecords: 64);
        RandomTraffic traffic = new(test);
        traffic.Start();
        for (int second = 0; second < 60; second++)
        {
            traffic.Send(new TrailerPlan(0, 0, (long)TestHistory.Second, 0, [new RecordPlan(0, (ulong)second, false, 0)], Stores: true));
            long age = ((long)test.Now - (test.History.State.Oldest ?? (long)test.Now)) / (long)TestHistory.Second;
            // A block is open for 5 s, and goes when its newest record is too old.
            Assert.InRange(age, 0, 16);
        }

        Assert.InRange(test.History.State.Records, 1, 16);
        Assert.Equal(test.History.State.Records, traffic.Series("alpha", 0).Records);
    }

    private static RandomTraffic Play(TestHistory test, TrailerPlan[] plans)
    {
        RandomTraffic traffic = new(test);
        traffic.Start();
        foreach (TrailerPlan plan in plans)
        {
            traffic.Send(plan);
            // Two blocks at most wait: nothing is lost.
            if (test.History.Queue.Open - test.History.Queue.Stored >= 2)
                test.Store();
        }

        Assert.Equal(0ul, test.History.NotKept);
        return traffic;
    }

    private sealed class Collector(SeriesSelection selection) : IRecordConsumer
    {
        private readonly List<ScannedRecord>[] records = [.. selection.Series.Select(_ => new List<ScannedRecord>())];

        public List<ScannedRecord> Of(RecordedSeries series) => records[selection.Series.ToList().IndexOf(series)];

        public void Take(int series, ReadOnlySpan<ScannedRecord> found) => records[series].AddRange(found);
    }
}
