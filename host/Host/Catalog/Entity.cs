using OppTel.Bpf;
using OppTel.Catalog;

namespace OppTel.Host.Catalog;

/// <summary>A process, cgroup, interface or disk, or the host itself, that owns a block of slots.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Thread group id, cgroup id or device number; <see cref="Permanent"/> for slots of the host, which no program takes away.</param>
/// <param name="FirstSlot">First slot of its block.</param>
/// <param name="MetricIds">What each of its slots carries; 0 for nothing.</param>
/// <param name="Labels">Metric labels, ordered by name.</param>
public sealed record Entity(
    EntityKind Kind, ulong Id, uint FirstSlot, IReadOnlyList<uint> MetricIds, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>Id of what does not stand in the kernel's book.</summary>
    public const ulong Permanent = ulong.MaxValue;

    /// <summary>A metric that was defined while the daemon runs, and that its slots carry; it is told with them.</summary>
    public Metric? Own { get; init; }
}

/// <summary>Where an entity stands in the agreement with the DPU.</summary>
internal enum EntityStage
{
    /// <summary>The DPU has not been told, or has forgotten.</summary>
    Unknown,

    /// <summary>Part of the update in flight.</summary>
    Announced,

    /// <summary>The stamped epoch explains its slots, which are still silent.</summary>
    Acknowledged,

    /// <summary>Its slots leave.</summary>
    Live,

    /// <summary>Its removal is part of the update in flight.</summary>
    Removing,
}

/// <summary>An entity and its stage.</summary>
internal sealed class TrackedEntity(Entity entity)
{
    public Entity Entity { get; set; } = entity;

    public EntityStage Stage { get; set; }

    /// <summary>The labels changed since they were last announced.</summary>
    public bool IsStale { get; set; }

    /// <summary>It fits no frame: the DPU is not told, and its slots stay silent.</summary>
    public bool IsUntold { get; set; }

    /// <summary>The DPU has new labels, and no value under them yet.</summary>
    public bool IsRetold { get; set; }

    /// <summary>A DPU may have heard its values, even if it has forgotten them.</summary>
    public bool WasLive { get; set; }

    /// <summary>When it died, ns; null while it lives.</summary>
    public ulong? DiedAt { get; set; }
}
