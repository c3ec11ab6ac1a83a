using CsCheck;
using OppTel.Host.Catalog;

namespace OppTel.Host.Tests.Daemon;

public class CatalogBookTests
{
    private enum Step
    {
        Birth,
        Death,
        Time,
        LongTime,
        Change,
        LoseChange,
        Beacon,
        Stamp,
        Arrival,
        DpuRestart,
        Silence,
    }

    /// <summary>Whatever is lost, delayed or restarted: no value is ever attributed to another entity, and all settles.</summary>
    [Fact]
    public void NoValueIsEverTakenForAnothersAndEverythingConverges()
    {
        Gen<Step> step = Gen.Frequency(
            (6, Gen.Const(Step.Birth)), (5, Gen.Const(Step.Death)), (10, Gen.Const(Step.Time)), (3, Gen.Const(Step.LongTime)),
            (8, Gen.Const(Step.Change)), (2, Gen.Const(Step.LoseChange)), (10, Gen.Const(Step.Beacon)), (8, Gen.Const(Step.Stamp)),
            (6, Gen.Const(Step.Arrival)), (1, Gen.Const(Step.DpuRestart)), (1, Gen.Const(Step.Silence)));
        step.Array[1, 250].Select(Gen.UShort[1, ushort.MaxValue]).Sample((steps, epoch) => new Run(epoch).Play(steps), iter: 3000);
    }

    [Fact]
    public void NothingIsStampedBeforeTheFirstAcknowledgement()
    {
        SimulatedHost host = new();
        CatalogBook book = new(host, 9);
        book.Born(host.Birth()!);
        CatalogChange change = Assert.IsType<CatalogChange>(book.Tick(1_000_000_000, isPeerPresent: true));
        Assert.True(change.IsWhole);
        Assert.False(book.Acknowledge(isOurs: false, change.Epoch, 1_000_000_000));
        Assert.Equal(0, host.Epoch);
        Assert.True(book.Acknowledge(isOurs: true, change.Epoch, 1_100_000_000));
        Assert.Equal(change.Epoch, host.Epoch);
        Assert.Empty(host.Stamp().Values);
        book.Tick(1_100_000_000 + CatalogBook.SettleInterval, isPeerPresent: true);
        Assert.Single(host.Stamp().Values);
    }

    /// <summary>An idle process has no change that would bring values under its new name.</summary>
    [Fact]
    public void ValuesOfARenamedEntityLeaveAgain()
    {
        SimulatedHost host = new();
        CatalogBook book = new(host, 9);
        Entity entity = host.Birth()!;
        book.Born(entity);
        ulong now = 1_000_000_000;
        Agree();
        Assert.Empty(host.Queued);
        book.Renamed(entity with { Labels = new Dictionary<string, string> { ["id"] = "other" } });
        Agree();
        Agree();
        Assert.Equal([entity.FirstSlot], host.Queued);

        void Agree()
        {
            if (book.Tick(now += CatalogBook.BatchInterval, isPeerPresent: true) is { } change)
                book.Acknowledge(isOurs: true, change.Epoch, now);
            book.Tick(now + CatalogBook.SettleInterval, isPeerPresent: false);
        }
    }

    /// <summary>One that fits no frame, until it has shorter labels; the others are told meanwhile.</summary>
    [Fact]
    public void WhatTheDpuIsNotToldStaysSilent()
    {
        SimulatedHost host = new();
        CatalogBook book = new(host, 9);
        Entity silent = host.Birth()!, other = host.Birth()!;
        book.Born(silent);
        book.Born(other);
        ulong now = 1_000_000_000;
        Agree([silent]);
        Assert.Equal([other.FirstSlot], host.Stamp().Values.Select(value => value.Slot));
        book.Renamed(silent with { Labels = new Dictionary<string, string> { ["id"] = "short" } });
        Agree([]);
        Assert.Equal([other.FirstSlot, silent.FirstSlot], host.Stamp().Values.Select(value => value.Slot).Order());
        Entity third = host.Birth()!;
        book.Born(third);
        Agree([third]);
        book.Died(third.FirstSlot, now);
        now += CatalogBook.Grace;
        int free = host.FreeBlocks;
        Agree([]);
        Assert.Equal(free + 1, host.FreeBlocks);

        void Agree(Entity[] untold)
        {
            CatalogChange change = Assert.IsType<CatalogChange>(book.Tick(now += CatalogBook.BatchInterval, isPeerPresent: true));
            book.Silence(untold);
            book.Acknowledge(isOurs: true, change.Epoch, now);
            book.Tick(now + CatalogBook.SettleInterval, isPeerPresent: false);
        }
    }

    [Fact]
    public void AnUnacknowledgedChangeIsRepeatedUnderTheSameEpoch()
    {
        SimulatedHost host = new();
        CatalogBook book = new(host, 9);
        book.Born(host.Birth()!);
        CatalogChange first = book.Tick(1_000_000_000, isPeerPresent: true)!;
        Assert.Null(book.Tick(1_000_000_001, isPeerPresent: true));
        Assert.Same(first, book.Tick(1_000_000_000 + CatalogBook.ResendInterval, isPeerPresent: true));
    }

    [Fact]
    public void WhoDiesUnheardIsCountedWithTheOthers()
    {
        SimulatedHost host = new();
        CatalogBook book = new(host, 9);
        Entity entity = host.Birth()!;
        int free = host.FreeBlocks;
        book.Born(entity);
        book.Died(entity.FirstSlot, 5);
        Assert.Null(book.Tick(10, isPeerPresent: false));
        Assert.Equal((1, free + 1, 0), (host.Folded, host.FreeBlocks, book.Count));
    }

    [Fact]
    public void EpochsWrapAroundZero()
    {
        SimulatedHost host = new();
        CatalogBook book = new(host, ushort.MaxValue);
        book.Born(host.Birth()!);
        Assert.Equal(1, book.Tick(1_000_000_000, isPeerPresent: true)!.Epoch);
    }

    /// <summary>One random history.</summary>
    private sealed class Run(ushort epoch)
    {
        private readonly SimulatedHost host = new();
        private readonly SimulatedDpu dpu = new();
        private readonly List<Entity> alive = [];
        private readonly Queue<(ushort Epoch, List<(uint Slot, ulong Owner)> Values)> inFlight = new();
        private CatalogBook? book;
        private CatalogChange? waiting;
        private ulong now = 1_000_000_000;

        private CatalogBook Book => book ??= new CatalogBook(host, epoch);

        public void Play(Step[] steps)
        {
            foreach (Step step in steps)
                Do(step);
            Settle();
            Assert.All(alive, entity => Assert.True(host.IsLive(entity.FirstSlot)));
            Assert.Equal(alive.Count, Book.Count);
            Assert.Equal(alive.Count, host.Owners.Count);
        }

        private void Do(Step step)
        {
            switch (step)
            {
                case Step.Birth when host.Birth() is { } entity:
                    alive.Add(entity);
                    Book.Born(entity);
                    break;
                case Step.Death when alive.Count > 0:
                    Book.Died(alive[(int)(now % (ulong)alive.Count)].FirstSlot, now);
                    alive.RemoveAt((int)(now % (ulong)alive.Count));
                    break;
                case Step.Time or Step.LongTime:
                    now += step == Step.Time ? 50_000_000u : 700_000_000u;
                    waiting = Book.Tick(now, isPeerPresent: true) ?? waiting;
                    break;
                case Step.Change or Step.LoseChange when waiting is not null:
                    if (step == Step.Change)
                        dpu.Receive(waiting);
                    waiting = null;
                    break;
                case Step.Beacon:
                    Book.Acknowledge(dpu.KnowsHost, dpu.Newest, now);
                    break;
                case Step.Stamp when Book.StampedEpoch != 0:
                    inFlight.Enqueue(host.Stamp());
                    break;
                case Step.Arrival when inFlight.TryDequeue(out (ushort Epoch, List<(uint Slot, ulong Owner)> Values) trailer):
                    dpu.Receive(trailer);
                    break;
                case Step.DpuRestart:
                    dpu.Restart();
                    break;
                case Step.Silence:
                    Book.Forget();
                    break;
                default:
                    break;
            }
        }

        private void Settle()
        {
            for (int round = 0; round < 80; round++)
            {
                foreach (Step step in (Step[])[Step.Time, Step.Change, Step.Beacon, Step.Stamp, Step.Arrival, Step.Arrival])
                    Do(step);
            }
        }
    }
}
