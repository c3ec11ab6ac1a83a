using Google.Protobuf;
using OppTel.Catalog;

namespace OppTel.Host.Catalog;

/// <summary>Encodes catalog changes as protobuf messages that fit one control frame each.</summary>
/// <param name="host">The host's name, for the label "host".</param>
/// <param name="metrics">All metrics that slots can carry, but for those that entities bring.</param>
public sealed class CatalogFrames(string host, IReadOnlyList<Metric> metrics)
{
    /// <summary>Slots that one message tells of in one piece: their ids take 768 bytes at most, which leaves labels room in any frame.</summary>
    private const int MostSlots = 256;

    /// <summary>The messages of one change, in order; each is complete in itself.</summary>
    /// <param name="change">What changed.</param>
    /// <param name="maxPayload">Most bytes of a message.</param>
    public IReadOnlyList<byte[]> Encode(CatalogChange change, int maxPayload)
    {
        List<CatalogUpdate> parts = [];
        int size = maxPayload;
        CatalogUpdate PartFor(IMessage content)
        {
            // Tag and length of a repeated field, and room for part numbers that grow by a byte.
            int need = content.CalculateSize() + 8;
            if (need > maxPayload - size)
            {
                parts.Add(NewPart(change));
                size = parts[^1].CalculateSize();
            }

            size += need;
            return parts[^1];
        }

        IEnumerable<Metric> own = change.Added.Select(entity => entity.Own).OfType<Metric>().DistinctBy(metric => metric.Id);
        foreach (Metric metric in own.Concat(change.IsWhole ? metrics : []))
            PartFor(metric).Metrics.Add(metric);
        foreach (Block block in Blocks(change))
            PartFor(block).Blocks.Add(block);
        if (parts.Count == 0)
            parts.Add(NewPart(change));
        for (int index = 0; index < parts.Count; index++)
            (parts[index].Part, parts[index].Parts) = ((uint)index, (uint)parts.Count);
        return [.. parts.Select(part => part.ToByteArray())];
    }

    /// <summary>Each entity's slots, in several blocks where they are many.</summary>
    private static IEnumerable<Block> Blocks(CatalogChange change)
    {
        foreach ((Entity entity, bool removed) in change.Added.Select(entity => (entity, false)).Concat(change.Removed.Select(entity => (entity, true))))
        {
            for (int first = 0; first < entity.MetricIds.Count; first += MostSlots)
            {
                Block block = new() { FirstSlot = entity.FirstSlot + (uint)first, Removed = removed };
                block.MetricIds.AddRange(entity.MetricIds.Skip(first).Take(MostSlots));
                if (!removed)
                    block.Labels.Add(entity.Labels.ToDictionary());
                yield return block;
            }
        }
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
