using System.Diagnostics;
using OppTel.Aggregator.Tests;
using OppTel.Recorder.Queries;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Recorder.Tests;

public class ConcurrencyTests
{
    private const int Series = 50;

    /// <summary>Each value tells its slot and its time: what was torn or mixed up would show.</summary>
    [Fact]
    public async Task ReadersSeeWholeRecordsWhileBlocksAreFilledStoredAndForgotten()
    {
        using TestHistory test = new(span: 2 * TestHistory.Second, blockRecords: 512);
        test.History.Start();
        TestHost host = new(7);
        test.Catalog(0, host.Catalog(host.Whole(3, [TestHost.Metric(1, "a", Kind.Gauge)], [.. Enumerable.Range(0, Series).Select(
            slot => TestHost.Block((uint)slot, [1], ("pid", $"{slot}")))])));
        bool isDone = false;
        long reads = 0;
        Task[] readers = [.. Enumerable.Range(0, 2).Select(seed => Task.Run(() =>
        {
            Random random = new(seed);
            while (!Volatile.Read(ref isDone) || Interlocked.Read(ref reads) < 20)
            {
                Look(test, random);
                Interlocked.Increment(ref reads);
            }
        }, TestContext.Current.CancellationToken))];
        Random random = new(7);
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(3) || (test.History.State.StoredRecords < 100_000 && watch.Elapsed < TimeSpan.FromSeconds(60));)
        {
            for (int trailer = 0; trailer < 20; trailer++)
            {
                test.Now += 500_000;
                ValueRecord[] values = [.. Enumerable.Range(0, random.Next(1, 16)).Select(_ => (ushort)random.Next(Series)).Select(slot => new ValueRecord(slot, Value(slot, (long)test.Now)))];
                test.Receiver.TakeTrailer(0, host.Trailer((ushort)(trailer % 2), 3, test.Now, values), test.Now);
            }

            await Task.Yield();
            if (test.History.Queue.Open - test.History.Queue.Stored > 1)
                await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Volatile.Write(ref isDone, true);
        await Task.WhenAll(readers);
        Assert.True(test.History.State.StoredRecords > (ulong)test.History.State.Records, "nothing was forgotten");
    }

    private static void Look(TestHistory test, Random random)
    {
        RecordedSeries[] all = [.. test.History.Series];
        RecordedSeries one = all[random.Next(all.Length)];
        ushort slot = ushort.Parse(one.Labels.Single(label => label.Key == "pid").Value, System.Globalization.CultureInfo.InvariantCulture);
        List<ScannedRecord> found = [];
        using HistoryReader reader = HistoryReader.OpenAsync(test.History, TimeSpan.FromSeconds(30), CancellationToken.None).Result!;
        reader.Arrivals(new SeriesSelection([one]), long.MinValue, long.MaxValue, int.MaxValue, found);
        long last = 0;
        foreach (ScannedRecord record in found)
        {
            Assert.Equal(Value(slot, record.Time), record.Raw);
            Assert.True(record.Time >= last, "out of order");
            last = record.Time;
        }
    }

    private static ulong Value(ushort slot, long time) => ((ulong)time * 0x9E37_79B9_7F4A_7C15ul >> 20 ^ slot) & WireFormat.Mask48;
}
