using OppTel.Aggregator.Tests;
using OppTel.Catalog;
using OppTel.Recorder.Blocks;
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

    [Fact]
    public void ManySeriesThatEndAtOnceTakeNobodyElsesHistoryAway()
    {
        using TestHistory test = new(maxSeries: 100_000, blockRecords: 4096);
        Metric metric = TestHost.Metric(1, "a_total", Kind.Counter);
        TestHost stays = new(7), goes = new(8) { Name = "goes" };
        Send(test, 0, stays, stays.Whole(1, [metric], [TestHost.Block(0, [1], ("pid", "1"))]), 100);
        const int Many = 12_000;
        Send(test, 1, goes, goes.Whole(1, [metric], [.. Enumerable.Range(0, Many).Select(slot => TestHost.Block((uint)slot, [1], ("pid", $"{slot}")))]), 100);
        for (int slot = 0; slot < Many; slot++)
        {
            test.Receiver.TakeTrailer(0, stays.Trailer(0, 1, test.Now += 10_000, new ValueRecord(0, (ulong)slot)), test.Now);
            test.Receiver.TakeTrailer(1, goes.Trailer(0, 1, test.Now += 10_000, new ValueRecord((ushort)slot, 5)), test.Now);
            test.Store();
        }

        long kept = test.History.State.Records;
        Send(test, 1, goes, goes.Whole(2, [metric], [TestHost.Block(0, [1], ("pid", "none"))]), 100);
        test.Now += 70 * TestHistory.Second;
        test.Receiver.Maintain(test.Now);
        for (int more = 0; more < 2 * 4096; more++)
            test.Receiver.TakeTrailer(0, stays.Trailer(0, 1, test.Now += 10_000, new ValueRecord(0, (ulong)(Many + more))), test.Now);
        Check(test);
        Assert.InRange(test.History.Series.Count(series => !series.IsAlive), 1000, Many - 2);
        Assert.True(test.History.State.Records >= kept, $"{test.History.State.Records} records are left of {kept}");
        Assert.True(test.History.SeriesForgotten > 0, "too few ended");
    }

    [Fact]
    public void WhatTheArenaHasTakenAndAFullDirectoryAreWithinTheCap()
    {
        foreach (long memory in new[] { 64L << 20, 256L << 20, 1L << 30 })
        {
            MemoryPlan plan = new(memory);
            Arena arena = new(plan.Arena);
            byte[] piece = new byte[1 << 20];
            for (long written = 0; written < 3 * plan.Arena; written += piece.Length)
            {
                arena.Release(arena.Head);
                arena.Write(piece);
            }

            Assert.InRange(arena.Taken, 1 << 20, memory - plan.Fixed - plan.Series);
        }
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
