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
        IReadOnlyList<byte[]> messages = frames.Encode(new CatalogChange(2, whole ? (ushort)0 : (ushort)1, whole ? Entities : [], whole ? [] : Entities), SmallPayload);
        Assert.All(messages, message => Assert.InRange(message.Length, 1, SmallPayload));
        CatalogUpdate[] updates = [.. messages.Select(CatalogUpdate.Parser.ParseFrom)];
        Assert.Equal(whole ? Plan.Metrics.Count() : 0, updates.Sum(update => update.Metrics.Count));
        Assert.Equal(Slots(Entities.Select(entity => (entity.FirstSlot, entity.MetricIds))), Slots(updates.SelectMany(update => update.Blocks).Select(block => (block.FirstSlot, (IReadOnlyList<uint>)block.MetricIds))));
        Assert.All(updates.SelectMany(update => update.Blocks), block => Assert.Equal(!whole, block.Removed));
    }

    /// <summary>The metric of each slot.</summary>
    private static SortedDictionary<uint, uint> Slots(IEnumerable<(uint First, IReadOnlyList<uint> Metrics)> blocks) =>
        new(blocks.SelectMany(block => block.Metrics.Select((metric, index) => (Slot: block.First + (uint)index, metric))).ToDictionary(slot => slot.Slot, slot => slot.metric));
}
