using OppTel.Aggregator.Tests;
using OppTel.Catalog;
using OppTel.Recorder.Queries;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Recorder.Tests;

public class MemoryTests
{
    private const int Wave = 1500;

    [Fact]
    public void TheCapHoldsWhileSeriesComeAndGoByTheThousand()
    {
        using TestHistory test = new(maxSeries: 30_000);
        TestHost host = new(7);
        Metric metric = TestHost.Metric(1, "a_total", Kind.Counter);
        Random random = new(1);
        ushort epoch = 1;
        Send(test, 0, host, host.Whole(epoch, [metric], Blocks(0)), 100);
        for (int wave = 0; wave < 12; wave++)
        {
            // Values of any bits: nothing to compress.
            for (int trailer = 0; trailer < 12_000; trailer++)
            {
                ValueRecord[] values = [.. Enumerable.Range(0, 16).Select(_ => new ValueRecord((ushort)random.Next(Wave), (ulong)random.NextInt64() & WireFormat.Mask48))];
                test.Receiver.TakeTrailer(0, host.Trailer(0, epoch, test.Now += 10_000, values), test.Now);
                if (trailer % 100 == 0)
                    Check(test);
            }

            test.Now += 61 * TestHistory.Second;
            Send(test, 0, host, host.Change((ushort)(epoch + 1), epoch, [.. Blocks(wave).Select(Remove), .. Blocks(wave + 1)]), 100);
            epoch++;
            test.Receiver.Maintain(test.Now);
            Check(test);
        }

        Assert.Equal(0ul, test.History.NotKept);
        Assert.True(test.History.State.StoredRecords > (ulong)test.History.State.Records, "nothing was evicted");
        // Of the series that ended those are known which have records.
        using HistoryReader reader = test.Read();
        Dictionary<uint, (long Records, long First, long Last)> open = reader.Uncounted();
        Assert.All(test.History.Series, series => Assert.True(series.IsAlive || series.Records > 0 || open.ContainsKey(series.Id)
            || series.LastBlock >= test.History.Queue.Stored));
        Assert.Equal(test.History.State.Records, test.History.Series.Sum(series => series.Records));
    }

    [Fact]
    public void SeriesBeyondTheMemoryAreRefusedAndCounted()
    {
        const int Hosts = 5, Each = 1000;
        using TestHistory test = new(maxSeries: 100_000);
        string text = new('x', 500);
        test.Receiver.SetPorts([.. Enumerable.Range(0, Hosts).Select(port => $"port{port}")], test.Now);
        for (int number = 0; number < Hosts; number++)
        {
            TestHost host = new((ulong)number + 10) { Name = $"host{number}" };
            Send(test, number, host, host.Whole(3, [TestHost.Metric(1, "a_total", Kind.Counter)], [.. Enumerable.Range(0, Each).Select(
                slot => TestHost.Block((uint)slot, [1], ("pid", $"{slot}"), ("a", text), ("b", text)))]), 5);
            Assert.True(test.History.Used <= test.History.Memory);
        }

        Assert.True(test.History.SeriesRefused > 0);
        Assert.Equal(Hosts * Each, test.History.SeriesCount + test.History.SeriesRefused);
    }

    private static void Check(TestHistory test)
    {
        test.Store();
        Assert.True(test.History.Used <= test.History.Memory, $"{test.History.Used} bytes of {test.History.Memory}");
    }

    /// <summary>Sends an update in frames of so many blocks.</summary>
    private static void Send(TestHistory test, int port, TestHost host, CatalogUpdate update, int blocks)
    {
        Block[][] parts = [.. update.Blocks.Chunk(blocks)];
        for (int part = 0; part < parts.Length; part++)
        {
            CatalogUpdate one = new(update) { Part = (uint)part, Parts = (uint)parts.Length };
            one.Blocks.Clear();
            one.Blocks.AddRange(parts[part]);
            test.Catalog(port, host.Catalog(one));
        }
    }

    private static IEnumerable<Block> Blocks(int wave) =>
        Enumerable.Range(0, Wave).Select(slot => TestHost.Block((uint)slot, [1], ("pid", $"{(wave * Wave) + slot}")));

    private static Block Remove(Block block) => new(block) { Removed = true };
}
