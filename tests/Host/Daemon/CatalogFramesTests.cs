using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Catalogs cut into frames.</summary>
public sealed class CatalogFramesTests
{
    /// <summary>Of the smallest MTU that IPv6 allows, without the control header.</summary>
    private const int SmallPayload = 1248;

    private static readonly SlotPlan Plan = new(
        Sampler.All, SlotPlan.Kinds.ToDictionary(kind => kind, kind => kind == EntityKind.Disk ? 8 : 100), cpus: 64);

    private static readonly Entity[] Entities =
    [
        .. Plan.Blocks.Select(block => new Entity(EntityKind.Host, Entity.Permanent, block.FirstSlot, block.MetricIds, block.Labels)),
        .. SlotPlan.Kinds.SelectMany(kind => Plan.BlocksOf(kind).Select((first, index) => new Entity(
            kind, (ulong)index, first, [.. Plan.PartsOf(kind).Select(part => part.MetricId)], EntityLabels.ForOther(kind)))),
    ];

    /// <summary>No block is longer than a frame, however many slots somebody has: one that does not leave keeps all others from being agreed on.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryMessageFitsAndTogetherTheySayEverything(bool whole)
    {
        CatalogFrames frames = new("host", [.. Plan.Metrics.Select(planned => planned.Metric)]);
        IReadOnlyList<byte[]> messages = frames.Encode(new CatalogChange(2, whole ? (ushort)0 : (ushort)1, whole ? Entities : [], whole ? [] : Entities), SmallPayload, out IReadOnlyList<Entity> leftOut);
        Assert.Empty(leftOut);
        Assert.All(messages, message => Assert.InRange(message.Length, 1, SmallPayload));
        CatalogUpdate[] updates = [.. messages.Select(CatalogUpdate.Parser.ParseFrom)];
        Assert.Equal(whole ? Plan.Metrics.Count() : 0, updates.Sum(update => update.Metrics.Count));
        Assert.Equal(Slots(Entities.Select(entity => (entity.FirstSlot, entity.MetricIds))), Slots(updates.SelectMany(update => update.Blocks).Select(block => (block.FirstSlot, (IReadOnlyList<uint>)block.MetricIds))));
        Assert.All(updates.SelectMany(update => update.Blocks), block => Assert.Equal(!whole, block.Removed));
    }

    /// <summary>A histogram with the longest labels that doors take, under the longest name of a host.</summary>
    [Fact]
    public void TheLongestLabelsLeaveRoomForSlots()
    {
        SortedDictionary<string, string> labels = new(StringComparer.Ordinal) { ["producer"] = new string('p', 127), ["process_pid"] = "4194304" };
        foreach (char name in "abcdefg")
            labels[$"{name}"] = new string('v', 99);
        CatalogFrames frames = new(new string('h', 253), []);
        uint[] ids = [.. Enumerable.Range(0, 194).Select(slot => 16_000 + (uint)slot)];
        Entity histogram = new(EntityKind.Host, Entity.Permanent, 65_000, ids, labels);
        IReadOnlyList<byte[]> messages = frames.Encode(new CatalogChange(2, 1, [histogram], []), SmallPayload, out IReadOnlyList<Entity> leftOut);
        Assert.Empty(leftOut);
        Assert.All(messages, message => Assert.InRange(message.Length, 1, SmallPayload));
        Block[] blocks = [.. messages.SelectMany(message => CatalogUpdate.Parser.ParseFrom(message).Blocks)];
        Assert.Equal(Slots([(histogram.FirstSlot, ids)]), Slots(blocks.Select(block => (block.FirstSlot, (IReadOnlyList<uint>)block.MetricIds))));
        Assert.All(blocks, block => Assert.Equal(labels.ToDictionary(), block.Labels.ToDictionary()));
    }

    /// <summary>Labels, or a metric, that no frame can hold keep nobody else from being told.</summary>
    [Fact]
    public void WhatFitsNoFrameIsLeftOut()
    {
        Metric metric = SlotMetrics.Counter("a_total", new string('x', SmallPayload));
        metric.Id = 9;
        Entity good = new(EntityKind.Host, Entity.Permanent, 1, [1, 2], new Dictionary<string, string> { ["a"] = "b" });
        Entity labelled = good with { FirstSlot = 10, Labels = new Dictionary<string, string> { ["a"] = new string('x', SmallPayload) } };
        Entity helped = good with { FirstSlot = 20, MetricIds = [9], Own = metric };
        IReadOnlyList<byte[]> messages = new CatalogFrames("host", []).Encode(new CatalogChange(2, 1, [labelled, good, helped], []), SmallPayload, out IReadOnlyList<Entity> leftOut);
        Assert.Equal([labelled, helped], leftOut);
        CatalogUpdate update = CatalogUpdate.Parser.ParseFrom(Assert.Single(messages));
        Assert.Equal(1u, Assert.Single(update.Blocks).FirstSlot);
        Assert.Empty(update.Metrics);
        Assert.InRange(messages[0].Length, 1, SmallPayload);
    }

    /// <summary>The metric of each slot.</summary>
    private static SortedDictionary<uint, uint> Slots(IEnumerable<(uint First, IReadOnlyList<uint> Metrics)> blocks) =>
        new(blocks.SelectMany(block => block.Metrics.Select((metric, index) => (Slot: block.First + (uint)index, metric))).ToDictionary(slot => slot.Slot, slot => slot.metric));
}
