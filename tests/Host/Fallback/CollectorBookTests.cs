using CsCheck;
using OppTel.Host.Catalog;
using OppTel.Host.Fallback;
using OppTel.Host.Tests.Daemon;

namespace OppTel.Host.Tests.Fallback;

/// <summary>Whatever is lost, late or restarted: the collector never takes a value for another's, and the two sides agree in the end.</summary>
public sealed class CollectorBookTests
{
    private static readonly FallbackSettings Everything = new(["*"], new FallbackRules(0.1, 0.02, 1, 1, 1, 1, true), TimeSpan.FromMilliseconds(100), null);

    private enum Step
    {
        Birth,
        Death,
        Time,
        LongTime,
        Catalog,
        LoseCatalog,
        Beacon,
        Send,
        Arrival,
        Restart,
        Silence,
        Dpu,
        DpuGone,
    }

    [Fact]
    public void TheCollectorIsToldOfCriticalMetricsAlone()
    {
        CriticalSlots slots = new(Everything with { Metrics = ["b*"] }, id => id == 2 ? "b_total" : "a_total");
        CatalogBook book = new(new SimulatedHost(), 9);
        CollectorBook collector = new(book, slots);
        book.Born(new Entity(OppTel.Bpf.EntityKind.Host, Entity.Permanent, 40, [1, 2, 0], new Dictionary<string, string>()));
        book.Born(new Entity(OppTel.Bpf.EntityKind.Host, Entity.Permanent, 50, [1], new Dictionary<string, string>()));
        CatalogChange change = Assert.IsType<CatalogChange>(collector.Tick(1_000_000_000));
        Assert.Equal([0u, 2u, 0u], Assert.Single(change.Added).MetricIds);
        Assert.True(change.IsWhole);
        Assert.Equal(0, collector.Epoch);
        collector.Acknowledge(isOurs: true, change.Epoch, 1_100_000_000);
        Assert.Equal(change.Epoch, collector.Epoch);
        Assert.Equal([new CriticalSlot(41, book.Entities.First())], slots.Of(collector.Explained));
        Assert.Null(collector.Tick(9_000_000_000));
    }

    /// <summary>A collector and a DPU may be one aggregator: then one catalog serves both, and neither book replaces the other's.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WithTheDpuOfTheSameAggregatorTheBooksDoNotTakeTurns(bool isOne)
    {
        Run run = new(9, isOne);
        run.Play([Step.Birth, Step.Birth, Step.Dpu]);
        run.Settle();
        int told = run.Told;
        run.Settle();
        Assert.Equal(told, run.Told);
        Assert.True(run.IsAgreed);
    }

    [Fact]
    public void NoValueIsEverTakenForAnothersAndEverythingConverges()
    {
        Gen<Step> step = Gen.Frequency(
            (6, Gen.Const(Step.Birth)), (5, Gen.Const(Step.Death)), (10, Gen.Const(Step.Time)), (3, Gen.Const(Step.LongTime)),
            (8, Gen.Const(Step.Catalog)), (2, Gen.Const(Step.LoseCatalog)), (10, Gen.Const(Step.Beacon)), (8, Gen.Const(Step.Send)),
            (6, Gen.Const(Step.Arrival)), (1, Gen.Const(Step.Restart)), (1, Gen.Const(Step.Silence)), (4, Gen.Const(Step.Dpu)), (1, Gen.Const(Step.DpuGone)));
        Gen.Select(step.Array[1, 200], Gen.UShort[1, ushort.MaxValue], Gen.Bool).Sample((steps, epoch, isOne) =>
        {
            Run run = new(epoch, isOne);
            run.Play(steps);
            run.Settle();
            Assert.True(run.IsAgreed, "the collector and the host do not agree");
        }, iter: 2000);
    }

    /// <summary>A daemon with both books, a collector, and a DPU that may belong to the same aggregator.</summary>
    private sealed class Run
    {
        private readonly SimulatedHost host = new();
        private readonly SimulatedDpu collector = new();
        private readonly SimulatedDpu dpu;
        private readonly CatalogBook book;
        private readonly CollectorBook own;
        private readonly CriticalSlots slots = new(Everything, id => $"m{id}");
        private readonly Queue<CatalogChange> changes = new();
        private readonly Queue<ushort> beacons = new();
        private readonly Queue<(ushort Epoch, List<(uint Slot, ulong Owner)> Values)> frames = new();
        private ulong now = 1_000_000_000;
        private bool hearsDpu;

        public Run(ushort epoch, bool isOne)
        {
            dpu = isOne ? collector : new SimulatedDpu();
            book = new CatalogBook(host, epoch);
            own = new CollectorBook(book, slots);
        }

        public int Told { get; private set; }

        public bool IsAgreed => own.Epoch != 0 && own.Epoch == collector.Newest
            && own.Explained.Select(entity => entity.FirstSlot).Order().SequenceEqual(host.Owners.Keys.Order());

        public void Play(IEnumerable<Step> steps)
        {
            foreach (Step step in steps)
                Do(step);
        }

        public void Settle() => Play(Enumerable.Repeat((Step[])[Step.Dpu, Step.Time, Step.Catalog, Step.Catalog, Step.Beacon, Step.LongTime, Step.Send, Step.Arrival], 25).SelectMany(round => round));

        private void Do(Step step)
        {
            switch (step)
            {
                case Step.Birth when host.Birth() is { } entity:
                    book.Born(entity);
                    break;
                case Step.Death when host.Owners.Count > 0:
                    book.Died(host.Owners.Keys.Min(), now);
                    break;
                case Step.Time or Step.LongTime:
                    Pass(step == Step.Time ? 60_000_000ul : 700_000_000);
                    break;
                case Step.Catalog when changes.TryDequeue(out CatalogChange? change):
                    collector.Receive(change);
                    break;
                case Step.LoseCatalog:
                    changes.TryDequeue(out _);
                    break;
                case Step.Beacon:
                    beacons.Enqueue(collector.Newest);
                    ushort heard = beacons.Dequeue();
                    own.Acknowledge(heard != 0, heard, now);
                    break;
                case Step.Send when own.Epoch != 0:
                    frames.Enqueue((own.Epoch, [.. own.Explained.Select(entity => (entity.FirstSlot, host.Owners[entity.FirstSlot]))]));
                    break;
                case Step.Arrival when frames.TryDequeue(out (ushort, List<(uint, ulong)>) frame):
                    collector.Receive(frame);
                    break;
                case Step.Restart:
                    collector.Restart();
                    break;
                case Step.Silence:
                    own.Forget();
                    break;
                case Step.Dpu:
                    hearsDpu = true;
                    if (book.Pending is { } pending)
                        dpu.Receive(pending);
                    book.Acknowledge(dpu.KnowsHost, dpu.Newest, now);
                    break;
                case Step.DpuGone:
                    hearsDpu = false;
                    book.Forget();
                    break;
            }
        }

        private void Pass(ulong time)
        {
            now += time;
            book.Tick(now, hearsDpu);
            if (own.Tick(now) is not { } change)
                return;
            Told++;
            changes.Enqueue(change);
        }
    }
}
