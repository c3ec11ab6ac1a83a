using OppTel.Host.Catalog;

namespace OppTel.Host.Fallback;

/// <summary>A slot with a critical metric, and whose it is.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="Owner">The entity, as the catalog tells of it.</param>
public readonly record struct CriticalSlot(uint Slot, Entity Owner);

/// <summary>Finds the slots of critical metrics.</summary>
/// <param name="settings">Which metrics are.</param>
/// <param name="nameOf">Gives the name of a metric; null when there is none.</param>
public sealed class CriticalSlots(FallbackSettings settings, Func<uint, string?> nameOf)
{
    private readonly Dictionary<uint, bool> critical = [];

    /// <summary>Whether a metric is critical.</summary>
    public bool IsCritical(uint metric)
    {
        if (metric == 0)
            return false;
        if (!critical.TryGetValue(metric, out bool known) && nameOf(metric) is { } name)
            critical.Add(metric, known = settings.Takes(name));
        return known;
    }

    /// <summary>The critical slots of these entities.</summary>
    public IEnumerable<CriticalSlot> Of(IEnumerable<Entity> entities) =>
        from entity in entities
        from place in Enumerable.Range(0, entity.MetricIds.Count)
        where IsCritical(entity.MetricIds[place])
        select new CriticalSlot(entity.FirstSlot + (uint)place, entity);

    /// <summary>An entity as somebody is told of it who gets nothing but critical metrics; null when it has none.</summary>
    public Entity? Narrow(Entity entity) => !entity.MetricIds.Any(IsCritical) ? null
        : entity with { MetricIds = [.. entity.MetricIds.Select(metric => IsCritical(metric) ? metric : 0)] };
}
