using CsCheck;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Configuration;
using OppTel.Host.Samplers;
using OppTel.Telemetry;

namespace OppTel.Host.Tests.Daemon;

/// <summary>No slot and no metric id has two owners, whoever asks for what.</summary>
public class SlotPlanTests
{
    private static readonly Gen<Metric> AnyMetric = Gen.Bool.Select(isHistogram =>
        isHistogram ? SlotMetrics.Histogram("a_seconds", "A.") : SlotMetrics.Counter("a_total", "A."));

    private static readonly Gen<Sampler[]> AnySamplers = Gen.Select(
        Gen.Select(Gen.Enum<EntityKind>().Where(kind => kind != EntityKind.Host), AnyMetric.Array[1, 3]).Array[0, 2],
        Gen.Select(AnyMetric.Array[1, 3], Gen.Bool).Array[0, 3]).Array[1, 5].Select(all => all.Select((sampler, index) => new Sampler(
            $"sampler{index}",
            [],
            [.. sampler.Item1.Select((part, number) => new EntityPart(part.Item1, $"part{index}_{number}", part.Item2))],
            [.. sampler.Item2.Select((block, number) => new SlotBlock($"block{index}_{number}", block.Item1, block.Item2))])).ToArray());

    [Fact]
    public void SlotsAndIdsHaveOneOwner() => Gen.Select(AnySamplers, Gen.Int[1, 8], Gen.Int[1, 20]).Sample((samplers, cpus, limit) =>
    {
        SlotPlan plan = new(samplers, SlotPlan.Kinds.ToDictionary(kind => kind, _ => limit), cpus);
        List<uint> ids = [.. plan.Metrics.SelectMany(planned => Ids(planned.Metric))];
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.DoesNotContain(0u, ids);
        IEnumerable<uint> slots = plan.Blocks.SelectMany(block => Run(block.FirstSlot, block.MetricIds.Count));
        foreach (EntityKind kind in SlotPlan.Kinds)
        {
            slots = slots.Concat(plan.BlocksOf(kind).Append(plan.OtherSlot(kind)).SelectMany(first => Run(first, plan.BlockSlots(kind))));
            Assert.All(plan.PartsOf(kind), part => Assert.Contains(part.MetricId, ids));
        }

        List<uint> taken = [.. slots];
        Assert.Equal(taken.Count, taken.Distinct().Count());
        Assert.All(taken, slot => Assert.InRange(slot, 0u, (uint)HostMaps.Slots - 1));
        foreach (Sampler sampler in samplers)
        {
            foreach (SlotBlock block in sampler.Blocks)
                Assert.Equal(block.IsPerCpu ? cpus : 1, plan.Blocks.Count(planned => planned.Sampler == sampler && Spans(planned, plan.Variables[block.Variable], block, cpus)));
        }
    });

    [Fact]
    public void BlocksOfCpusLieOneBehindTheOtherAndAreLabelled()
    {
        Sampler sampler = new("a", [], [], [new SlotBlock("slot", [SlotMetrics.Counter("a_total", "A."), SlotMetrics.Counter("b_total", "B.")], IsPerCpu: true)]);
        SlotPlan plan = new([sampler], SlotPlan.Kinds.ToDictionary(kind => kind, _ => 1), 3);
        Assert.Equal(Enumerable.Range(0, 3).Select(cpu => plan.Variables["slot"] + (uint)(cpu * 2)), plan.Blocks.Select(block => block.FirstSlot));
        Assert.Equal(["0", "1", "2"], plan.Blocks.Select(block => block.Labels["cpu"]));
    }

    [Fact]
    public void TooManyEntitiesAreRefusedWithWhatEachOfThemTakes()
    {
        OperatorException exception = Assert.Throws<OperatorException>(
            () => new SlotPlan(Sampler.All, SlotPlan.Kinds.ToDictionary(kind => kind, _ => 14000), 4));
        Assert.Contains("limits: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("for each process", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A DPU refuses the whole catalog of a host that has more metrics.</summary>
    [Fact]
    public void WhatIsDefinedLaterGetsIdsUpToWhatADpuTakes()
    {
        SlotPlan plan = new([new Sampler("a", [], [], [new SlotBlock("slot", [SlotMetrics.Counter("a_total", "A.")])])], SlotPlan.Kinds.ToDictionary(kind => kind, _ => 1), 1);
        List<uint> ids = [.. plan.Metrics.SelectMany(planned => Ids(planned.Metric))];
        for (int number = 0; plan.Define(SlotMetrics.Histogram($"b{number}_seconds", "B.")) is { } metric; number++)
            ids.AddRange(Ids(metric));
        while (plan.Define(SlotMetrics.Counter("c_total", "C.")) is { } metric)
            ids.Add(metric.Id);
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(new CatalogLimits().Metrics - 1, ids.Count);
        Assert.True(plan.IsTaken("a_total") && plan.IsTaken("b0_seconds") && plan.IsTaken("c_total"));
        Assert.False(plan.IsTaken("d_total"));
    }

    /// <summary>Whether a planned block is one of those that a sampler's block became.</summary>
    private static bool Spans(PlannedBlock planned, uint first, SlotBlock block, int cpus)
    {
        int length = block.Metrics.Sum(metric => metric.LogLinear?.Buckets ?? 1);
        return planned.FirstSlot >= first && planned.FirstSlot < first + (length * (block.IsPerCpu ? cpus : 1)) && planned.MetricIds.Count == length;
    }

    private static IEnumerable<uint> Ids(Metric metric) => Run(metric.Id, metric.LogLinear?.Buckets ?? 1);

    private static IEnumerable<uint> Run(uint first, int count) => Enumerable.Range(0, count).Select(index => first + (uint)index);
}
