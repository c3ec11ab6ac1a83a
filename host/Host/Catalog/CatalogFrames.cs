using Google.Protobuf;
using OppTel.Catalog;

namespace OppTel.Host.Catalog;

/// <summary>Encodes catalog changes as protobuf messages that fit one control frame each.</summary>
/// <param name="host">The host's name, for the label "host".</param>
/// <param name="metrics">All metrics that slots can carry, but for those that entities bring.</param>
public sealed class CatalogFrames(string host, IReadOnlyList<Metric> metrics)
{
    /// <summary>Slots that one message tells of in one piece, or fewer where their labels leave less room.</summary>
    private const int MostSlots = 256;

    /// <summary>Ids are below 2^21, so that each takes this many bytes at most.</summary>
    private const int IdBytes = 3;

    /// <summary>Tag and length of a repeated field, and room for part numbers that grow by a byte.</summary>
    private const int FieldBytes = 8;

    /// <summary>The messages of one change, in order; each is complete in itself.</summary>
    /// <param name="change">What changed.</param>
    /// <param name="maxPayload">Most bytes of a message.</param>
    /// <param name="leftOut">New entities that are not told of: what explains them fits no message.</param>
    public IReadOnlyList<byte[]> Encode(CatalogChange change, int maxPayload, out IReadOnlyList<Entity> leftOut)
    {
        int room = maxPayload - NewPart(change).CalculateSize() - FieldBytes;
        leftOut = [.. change.Added.Where(entity => SlotsPerBlock(entity, room) < 1 || entity.Own?.CalculateSize() > room)];
        Entity[] added = [.. change.Added.Except(leftOut)];
        List<CatalogUpdate> parts = [];
        int size = maxPayload;
        CatalogUpdate PartFor(IMessage content)
        {
            int need = content.CalculateSize() + FieldBytes;
            if (need > maxPayload - size)
            {
                parts.Add(NewPart(change));
                size = parts[^1].CalculateSize();
            }

            size += need;
            return parts[^1];
        }

        IEnumerable<Metric> own = added.Select(entity => entity.Own).OfType<Metric>().DistinctBy(metric => metric.Id);
        foreach (Metric metric in own.Concat(change.IsWhole ? metrics : []))
            PartFor(metric).Metrics.Add(metric);
        foreach (Block block in added.SelectMany(entity => Blocks(entity, SlotsPerBlock(entity, room), removed: false)).Concat(change.Removed.SelectMany(entity => Blocks(entity, MostSlots, removed: true))))
            PartFor(block).Blocks.Add(block);
        if (parts.Count == 0)
            parts.Add(NewPart(change));
        for (int index = 0; index < parts.Count; index++)
            (parts[index].Part, parts[index].Parts) = ((uint)index, (uint)parts.Count);
        return [.. parts.Select(part => part.ToByteArray())];
    }

    /// <summary>Slots that a block of an entity can tell of, beside its labels; below 1 where it has no room for any.</summary>
    private static int SlotsPerBlock(Entity entity, int room) => Math.Min(MostSlots, (room - FieldBytes - BlockOf(entity, entity.FirstSlot, removed: false).CalculateSize()) / IdBytes);

    /// <summary>An entity's slots, in several blocks where they are many.</summary>
    private static IEnumerable<Block> Blocks(Entity entity, int most, bool removed)
    {
        for (int first = 0; first < entity.MetricIds.Count; first += most)
        {
            Block block = BlockOf(entity, entity.FirstSlot + (uint)first, removed);
            block.MetricIds.AddRange(entity.MetricIds.Skip(first).Take(most));
            yield return block;
        }
    }

    private static Block BlockOf(Entity entity, uint firstSlot, bool removed)
    {
        Block block = new() { FirstSlot = firstSlot, Removed = removed };
        if (!removed)
            block.Labels.Add(entity.Labels.ToDictionary());
        return block;
    }

    // The largest part numbers there are, so that filling in the real ones never makes a message longer.
    private CatalogUpdate NewPart(CatalogChange change) => new()
    {
        Epoch = change.Epoch,
        BaseEpoch = change.BaseEpoch,
        Whole = change.IsWhole,
        Host = host,
        Part = ushort.MaxValue,
        Parts = ushort.MaxValue,
    };
}
