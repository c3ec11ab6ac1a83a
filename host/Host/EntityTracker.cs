using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host;

/// <summary>Turns kernel events into catalog entities, and walks the kernel's book when events were lost.</summary>
/// <param name="kernel">The kernel side.</param>
/// <param name="book">The agreement with the DPU.</param>
/// <param name="cgroups">Finds cgroup paths.</param>
internal sealed class EntityTracker(HostKernel kernel, CatalogBook book, CgroupPaths cgroups) : ISlotStore
{
    private const ulong SweepInterval = 10_000_000_000;
    private readonly EntityLabels labels = new(cgroups, new KubeletLogs());
    private readonly LostBlocks lostBlocks = new(kernel, book);
    private ulong eventsLost;
    private ulong sweptAt;

    /// <summary>Adds what always exists: the host's own slots, and the "other" blocks.</summary>
    public void Begin()
    {
        foreach (PlannedBlock block in kernel.Samplers.Blocks)
            book.Born(new Entity(EntityKind.Host, Entity.Permanent, block.FirstSlot, block.MetricIds, block.Labels));
        foreach (EntityKind kind in SlotPlan.Kinds)
        {
            if (kernel.Samplers.MetricIdsOfOther(kind) is { Count: > 0 } metrics)
                book.Born(new Entity(kind, Entity.Permanent, kernel.Samplers.Plan.OtherSlot(kind), metrics, EntityLabels.ForOther(kind)));
        }
    }

    /// <summary>Handles one kernel event.</summary>
    public void Handle(EntityEvent entityEvent)
    {
        if (entityEvent.Type == EntityEventType.Died)
        {
            book.Died(entityEvent.FirstSlot, Native.Boottime);
            return;
        }

        Entity entity = Describe(entityEvent.Kind, entityEvent.Id, entityEvent.FirstSlot, entityEvent.Kind switch
        {
            EntityKind.Cgroup => labels.ForCgroup(entityEvent.Id),
            EntityKind.Disk => EntityLabels.ForDisk(entityEvent.Id),
            _ => labels.ForProcess(entityEvent.Id, entityEvent.Cgroup, entityEvent.Command.Text),
        });
        if (entityEvent.Type == EntityEventType.Renamed)
        {
            book.Renamed(entity);
            return;
        }

        book.Born(entity);
    }

    /// <summary>Does what no event asks for: lost events, and cgroups and disks, whose end and new names no hook reports.</summary>
    public void Sweep(ulong now)
    {
        ulong lost = kernel.EventsLost;
        if (lost != eventsLost)
        {
            eventsLost = lost;
            Reconcile(now);
            lostBlocks.Suspect(now);
        }

        lostBlocks.Search(now);

        if (now - sweptAt < SweepInterval)
            return;
        sweptAt = now;
        if (cgroups.IsMounted)
            SweepCgroups(now);
        SweepDisks(now);
    }

    private void SweepCgroups(ulong now)
    {
        foreach (Entity entity in Present(EntityKind.Cgroup))
        {
            // A pod's name is known some time after its first cgroup.
            if (cgroups.Find(entity.Id) is not null)
                book.Renamed(entity with { Labels = labels.ForCgroup(entity.Id) });
            else
                End(entity, now);
        }
    }

    /// <inheritdoc/>
    public void Store(uint firstSlot, ReadOnlySpan<ulong> values) => kernel.Store(firstSlot, values);

    /// <inheritdoc/>
    public void Add(uint firstSlot, ReadOnlySpan<ulong> deltas) => kernel.Add(firstSlot, deltas);

    /// <inheritdoc/>
    public uint Claim(EntityKind kind, ulong id, IReadOnlyDictionary<string, string> labels)
    {
        if (kernel.TryClaim(kind, id) is not { } firstSlot)
            return kernel.Samplers.Plan.OtherSlot(kind);
        book.Born(new Entity(kind, id, firstSlot, kernel.Samplers.MetricIdsOf(kind), labels));
        return firstSlot;
    }

    /// <inheritdoc/>
    public void Release(EntityKind kind, ulong id, uint firstSlot)
    {
        if (firstSlot == kernel.Samplers.Plan.OtherSlot(kind))
            return;
        kernel.Forget(kind, id);
        book.Died(firstSlot, Native.Boottime);
    }

    /// <inheritdoc/>
    public bool IsTaken(string name) => kernel.Samplers.Plan.IsTaken(name);

    /// <inheritdoc/>
    public Metric? Define(Metric metric)
    {
        if (kernel.Samplers.Plan.Define(metric) is not { } defined)
            return null;
        kernel.Classes.Learn([defined]);
        return defined;
    }

    /// <inheritdoc/>
    public uint? Declare(Metric metric, IReadOnlyDictionary<string, string> labels)
    {
        int slots = metric.Slots;
        if (kernel.Samplers.Plan.Pool.TryTake(slots) is not { } firstSlot)
            return null;
        uint[] ids = [.. Enumerable.Range(0, slots).Select(slot => metric.Id + (uint)slot)];
        book.Born(new Entity(EntityKind.Host, Entity.Permanent, firstSlot, ids, labels) { Own = metric });
        return firstSlot;
    }

    /// <inheritdoc/>
    public void Withdraw(uint firstSlot) => book.Died(firstSlot, Native.Boottime);

    /// <summary>The root cgroup has no gauges: its memory is the machine's.</summary>
    private Entity Describe(EntityKind kind, ulong id, uint firstSlot, IReadOnlyDictionary<string, string> labels)
    {
        bool isRoot = kind == EntityKind.Cgroup && labels["cgroup"] == "/";
        return new Entity(kind, id, firstSlot, isRoot ? kernel.Samplers.MetricIdsOfOther(kind) : kernel.Samplers.MetricIdsOf(kind), labels);
    }

    private void SweepDisks(ulong now)
    {
        List<Entity> known = Present(EntityKind.Disk);
        Dictionary<ulong, string> names = known.Count > 0 ? Disks.Names() : [];
        foreach (Entity entity in known)
        {
            if (!names.TryGetValue(entity.Id, out string? name) || Disks.IsEmpty(name))
                End(entity, now);
        }
    }

    private List<Entity> Present(EntityKind kind) => [.. book.Entities.Where(entity => entity.Kind == kind && entity.Id != Entity.Permanent)];

    private void End(Entity entity, ulong now)
    {
        kernel.Forget(entity.Kind, entity.Id);
        book.Died(entity.FirstSlot, now);
    }

    private void Reconcile(ulong now)
    {
        Dictionary<uint, EntityKey> owners = kernel.Entities().ToDictionary(entry => entry.FirstSlot, entry => entry.Key);
        foreach (Entity entity in book.Entities.Where(entity => entity.Id != Entity.Permanent).ToList())
        {
            if (!owners.TryGetValue(entity.FirstSlot, out EntityKey owner) || owner.Id != entity.Id || owner.Kind != (ulong)entity.Kind)
                book.Died(entity.FirstSlot, now);
        }

        foreach ((uint firstSlot, EntityKey key) in owners)
        {
            EntityKind kind = (EntityKind)key.Kind;
            // Who found it has told the book.
            if (kind == EntityKind.Interface)
                continue;
            Entity entity = Describe(kind, key.Id, firstSlot, kind switch
            {
                EntityKind.Cgroup => labels.ForCgroup(key.Id),
                EntityKind.Disk => EntityLabels.ForDisk(key.Id),
                _ => EntityLabels.ForProcess(key.Id),
            });
            if (!book.Knows(entity))
                book.Born(entity);
            else if (kind == EntityKind.Process && EntityLabels.IsNamed(entity.Labels))
                book.Renamed(entity);
        }
    }
}
