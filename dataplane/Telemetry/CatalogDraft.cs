using Google.Protobuf.Collections;
using OppTel.Catalog;

namespace OppTel.Telemetry;

/// <summary>What a slot is to mean.</summary>
/// <param name="Metric">Its metric.</param>
/// <param name="Entity">Its entity's labels.</param>
internal sealed record SlotDraft(Metric Metric, MapField<string, string> Entity);

/// <summary>The meaning of a complete update, worked out and judged before anything changes.</summary>
/// <param name="validator">The rules.</param>
/// <param name="limits">The bounds.</param>
/// <param name="update">All parts.</param>
/// <param name="known">Metrics of the sender so far.</param>
internal sealed class CatalogDraft(
    CatalogValidator validator, CatalogLimits limits, CatalogAssembly update, IReadOnlyDictionary<uint, Metric> known)
{
    /// <summary>Of a slot that carries nothing.</summary>
    public const uint NoMetric = 0;

    /// <summary>Metrics by id after the update.</summary>
    public Dictionary<uint, Metric> Metrics { get; } = new(known);

    /// <summary>Slots that the update speaks of; null for one that is to carry nothing.</summary>
    public Dictionary<int, SlotDraft?> Slots { get; } = [];

    /// <summary>Fills the draft; the first problem, or null.</summary>
    public CatalogOutcome? FindProblem()
    {
        foreach (Metric metric in update.Metrics.SelectMany(Expand))
        {
            if (!Metrics.TryAdd(metric.Id, metric) && !Metrics[metric.Id].Equals(metric))
                return CatalogOutcome.Redefined;
            if (Metrics.Count > limits.Metrics)
                return CatalogOutcome.TooLarge;
        }

        // Removals first: a block that gives a slot anew in the same update wins, in whatever part it came.
        foreach (Block block in update.Blocks.Where(block => block.Removed))
        {
            for (int index = 0; index < block.MetricIds.Count; index++)
                Slots[(int)block.FirstSlot + index] = null;
        }

        return update.Blocks.Where(block => !block.Removed).Select(FindProblem).FirstOrDefault(problem => problem is not null);
    }

    /// <summary>Each bucket of a histogram is a metric of its own, and so is its sum.</summary>
    private static IEnumerable<Metric> Expand(Metric metric)
    {
        if (metric.LogLinear is null && metric.Bounds is null)
            return [metric];
        return Enumerable.Range(0, metric.Slots).Select(part => PartOf(metric, part));
    }

    private static Metric PartOf(Metric metric, int part)
    {
        Metric one = new(metric) { Id = metric.Id + (uint)part, LogLinear = null, Bounds = null };
        if (metric.LogLinear is { } shape)
            one.UpperBound = shape.UpperBound(part);
        else if (part < metric.Bounds.UpperBounds.Count)
            one.UpperBound = metric.Bounds.UpperBounds[part];
        else
            (one.Kind, one.Scale) = (Metric.Types.Kind.HistogramSum, metric.Bounds.SumScale);
        return one;
    }

    private CatalogOutcome? FindProblem(Block block)
    {
        for (int index = 0; index < block.MetricIds.Count; index++)
        {
            int slot = (int)block.FirstSlot + index;
            if (block.MetricIds[index] == NoMetric)
                continue;
            if (!Metrics.TryGetValue(block.MetricIds[index], out Metric? metric))
                return CatalogOutcome.BadBlock;
            if (!validator.CanCombine(metric, block.Labels))
                return CatalogOutcome.BadLabels;
            if (Slots.GetValueOrDefault(slot) is not null)
                return CatalogOutcome.Overlap;
            Slots[slot] = new SlotDraft(metric, block.Labels);
        }

        return null;
    }
}
