namespace OppTel.Host.Catalog;

/// <summary>One version of the catalog on its way to the DPU.</summary>
/// <param name="Epoch">The epoch that it defines.</param>
/// <param name="BaseEpoch">The epoch that it changes; 0 when it is whole.</param>
/// <param name="Added">Entities that are new or have new labels; all of them when it is whole.</param>
/// <param name="Removed">Entities whose blocks carry nothing any more.</param>
public sealed record CatalogChange(ushort Epoch, ushort BaseEpoch, IReadOnlyList<Entity> Added, IReadOnlyList<Entity> Removed)
{
    /// <summary>Whether it replaces everything known before.</summary>
    public bool IsWhole => BaseEpoch == 0;
}

/// <summary>
/// The agreement with the DPU on what the slots mean; WIRE.md, section 8. A slot leaves only under an epoch that explains it:
/// a change is sent as the next epoch, the DPU acknowledges it in a beacon, and only then is that epoch stamped and are the
/// slots of new entities live. A dead entity's slots are silenced first, then its removal is acknowledged, and only then is
/// its block given to somebody else. One change is in flight at a time. Times are nanoseconds of one monotonic clock.
/// </summary>
/// <param name="kernel">The kernel side.</param>
/// <param name="firstEpoch">Random start, 1 to 65535.</param>
public sealed class CatalogBook(ICatalogKernel kernel, ushort firstEpoch)
{
    /// <summary>Changes are collected for this long.</summary>
    public const ulong BatchInterval = 100_000_000;

    /// <summary>An unacknowledged change is sent again after this.</summary>
    public const ulong ResendInterval = 250_000_000;

    /// <summary>The last values of a dead entity get this long to leave.</summary>
    public const ulong Grace = 500_000_000;

    /// <summary>
    /// New slots become live this long after their epoch is stamped: a trailer that was being put together with the epoch
    /// before has left by then, and the packet path needs no barrier for it.
    /// </summary>
    public const ulong SettleInterval = 10_000_000;

    private const ulong LongestGrace = 2_000_000_000;
    private readonly SortedDictionary<uint, TrackedEntity> entities = [];
    private ushort lastEpoch = firstEpoch;
    private ulong changedAt;
    private ulong stampedAt;
    private ulong sentAt;

    /// <summary>The epoch that trailers carry; 0 while the DPU has no catalog of ours.</summary>
    public ushort StampedEpoch { get; private set; }

    /// <summary>The change in flight, or null.</summary>
    public CatalogChange? Pending { get; private set; }

    /// <summary>Number of entities, dying ones included.</summary>
    public int Count => entities.Count;

    /// <summary>All entities, dying ones included.</summary>
    public IEnumerable<Entity> Entities => entities.Values.Select(tracked => tracked.Entity);

    /// <summary>Those whose slots the stamped epoch explains.</summary>
    public IEnumerable<Entity> Explained => entities.Values.Where(tracked => tracked is { Stage: EntityStage.Live, IsUntold: false }).Select(tracked => tracked.Entity);

    /// <summary>Changes whenever <see cref="Entities"/> or <see cref="Explained"/> do.</summary>
    public ulong Version { get; private set; }

    /// <summary>Whether the block at a slot belongs to a living entity with this id.</summary>
    public bool Knows(Entity entity) =>
        entities.TryGetValue(entity.FirstSlot, out TrackedEntity? tracked)
        && tracked.DiedAt is null && tracked.Entity.Id == entity.Id && tracked.Entity.Kind == entity.Kind;

    /// <summary>Whether the block of an entity is still its own, and carries the same as then.</summary>
    public bool Owns(Entity entity) =>
        entities.TryGetValue(entity.FirstSlot, out TrackedEntity? tracked)
        && tracked.Entity.Id == entity.Id && tracked.Entity.Kind == entity.Kind && tracked.Entity.MetricIds.SequenceEqual(entity.MetricIds)
        && tracked.Entity.Own?.Id == entity.Own?.Id && (entity.Id != Entity.Permanent || Same(tracked.Entity.Labels, entity.Labels));

    /// <summary>Somebody else than the DPU has values of these entities: if they die before it hears of them, they are counted already.</summary>
    public void Heard(IEnumerable<Entity> told)
    {
        foreach (Entity entity in told.Where(Owns))
            entities[entity.FirstSlot].WasLive = true;
    }

    /// <summary>An entity got a block.</summary>
    public void Born(Entity entity)
    {
        if (Knows(entity))
            return;
        entities[entity.FirstSlot] = new TrackedEntity(entity);
        Version++;
    }

    /// <summary>An entity has new labels.</summary>
    public void Renamed(Entity entity)
    {
        if (!Knows(entity) || Same(entities[entity.FirstSlot].Entity.Labels, entity.Labels))
            return;
        TrackedEntity tracked = entities[entity.FirstSlot];
        tracked.Entity = entity;
        tracked.IsStale = true;
        Version++;
    }

    /// <summary>An entity is gone; its block comes back to the kernel when the DPU has forgotten it.</summary>
    public void Died(uint firstSlot, ulong now)
    {
        if (entities.TryGetValue(firstSlot, out TrackedEntity? tracked))
            tracked.DiedAt ??= now;
    }

    /// <summary>The change in flight goes without these new entities: their slots stay silent, as the DPU cannot know them.</summary>
    public void Silence(IEnumerable<Entity> untold)
    {
        foreach (Entity entity in untold)
        {
            if (entities.TryGetValue(entity.FirstSlot, out TrackedEntity? tracked) && tracked.Stage == EntityStage.Announced)
                tracked.IsUntold = true;
        }
    }

    /// <summary>What a beacon says of our catalog. Returns whether the DPU has what trailers are stamped with.</summary>
    /// <param name="isOurs">Whether it names this daemon's instance.</param>
    /// <param name="epoch">The newest complete epoch that the DPU has.</param>
    /// <param name="now">Nanoseconds.</param>
    public bool Acknowledge(bool isOurs, ushort epoch, ulong now)
    {
        if (isOurs && Pending is { } pending && epoch == pending.Epoch)
            Complete(pending, now);
        else if (StampedEpoch != 0 && (!isOurs || epoch != StampedEpoch))
            Forget();
        return StampedEpoch != 0;
    }

    /// <summary>The DPU is gone or has another catalog: nothing may be stamped before it has a whole one.</summary>
    public void Forget()
    {
        Version++;
        StampedEpoch = 0;
        kernel.StampEpoch(0);
        Pending = null;
        foreach (TrackedEntity tracked in entities.Values)
        {
            if (tracked is { Stage: EntityStage.Live, IsUntold: false })
                kernel.SetLive(tracked.Entity, live: false);
            tracked.WasLive |= tracked.Stage is EntityStage.Live or EntityStage.Removing;
            tracked.Stage = EntityStage.Unknown;
        }
    }

    /// <summary>Does what is due; returns the change to send now, or null.</summary>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="isPeerPresent">Whether a DPU is listening; without one nothing is sent.</param>
    public CatalogChange? Tick(ulong now, bool isPeerPresent)
    {
        DropUnheard();
        if (now - stampedAt >= SettleInterval)
            Enliven();
        if (!isPeerPresent)
            return null;
        if (Pending is not null)
            return now - sentAt < ResendInterval ? null : Send(now);
        if (now - changedAt < BatchInterval)
            return null;
        Pending = StampedEpoch == 0 ? ComposeWhole() : ComposeDelta(now);
        if (Pending is null)
            return null;
        changedAt = now;
        return Send(now);
    }

    /// <summary>A number for a version of the catalog that nobody else has.</summary>
    public ushort NextEpoch() => lastEpoch = lastEpoch == ushort.MaxValue ? (ushort)1 : (ushort)(lastEpoch + 1);

    private static bool Same(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) =>
        left.Count == right.Count && left.All(label => right.TryGetValue(label.Key, out string? value) && value == label.Value);

    private CatalogChange Send(ulong now)
    {
        sentAt = now;
        return Pending!;
    }

    /// <summary>Who died before any DPU heard of it is counted with the others, so that totals stay right.</summary>
    private void DropUnheard()
    {
        foreach (TrackedEntity tracked in entities.Values.Where(tracked => tracked is { DiedAt: not null, Stage: EntityStage.Unknown }).ToList())
        {
            if (!tracked.WasLive)
                kernel.FoldIntoOther(tracked.Entity);
            Release(tracked);
        }
    }

    private CatalogChange ComposeWhole()
    {
        foreach (TrackedEntity tracked in entities.Values)
            Announce(tracked);
        return new CatalogChange(NextEpoch(), 0, [.. Entities], []);
    }

    private CatalogChange? ComposeDelta(ulong now)
    {
        List<TrackedEntity> added = [.. entities.Values.Where(tracked => tracked.Stage == EntityStage.Unknown || (tracked.IsStale && tracked.DiedAt is null))];
        List<TrackedEntity> removed = [.. entities.Values.Where(tracked => tracked.Stage == EntityStage.Live && HasSaidItsLast(tracked, now))];
        if (added.Count == 0 && removed.Count == 0)
            return null;
        foreach (TrackedEntity tracked in removed)
        {
            if (!tracked.IsUntold)
                kernel.SetLive(tracked.Entity, live: false);
            tracked.Stage = EntityStage.Removing;
            Version++;
        }

        added.RemoveAll(tracked => tracked.Stage == EntityStage.Removing);
        added.ForEach(Announce);
        return new CatalogChange(
            NextEpoch(), StampedEpoch, [.. added.Select(tracked => tracked.Entity)], [.. removed.Select(tracked => tracked.Entity)]);
    }

    private static void Announce(TrackedEntity tracked)
    {
        tracked.IsStale = false;
        if (tracked.Stage == EntityStage.Unknown || tracked.IsUntold)
            tracked.Stage = EntityStage.Announced;
        tracked.IsUntold = false;
    }

    private bool HasSaidItsLast(TrackedEntity tracked, ulong now) =>
        tracked.DiedAt is { } died && now - died >= Grace
        && (kernel.IsDrained(tracked.Entity) || now - died >= LongestGrace);

    private void Complete(CatalogChange change, ulong now)
    {
        Pending = null;
        StampedEpoch = change.Epoch;
        stampedAt = now;
        kernel.StampEpoch(change.Epoch);
        foreach (Entity added in change.Added)
        {
            if (entities.TryGetValue(added.FirstSlot, out TrackedEntity? told) && told.Stage == EntityStage.Live)
                told.IsRetold = true;
        }

        foreach (TrackedEntity tracked in entities.Values.ToList())
        {
            if (tracked.Stage == EntityStage.Announced)
                tracked.Stage = EntityStage.Acknowledged;
            else if (tracked.Stage == EntityStage.Removing)
                Release(tracked);
        }
    }

    private void Enliven()
    {
        foreach (TrackedEntity tracked in entities.Values.Where(tracked => tracked.Stage == EntityStage.Acknowledged))
        {
            tracked.Stage = EntityStage.Live;
            Version++;
            if (!tracked.IsUntold)
                kernel.SetLive(tracked.Entity, live: true);
        }

        foreach (TrackedEntity tracked in entities.Values.Where(tracked => tracked.IsRetold))
        {
            tracked.IsRetold = false;
            if (tracked.Stage == EntityStage.Live && !tracked.IsUntold)
                kernel.Queue(tracked.Entity);
        }
    }

    private void Release(TrackedEntity tracked)
    {
        entities.Remove(tracked.Entity.FirstSlot);
        Version++;
        kernel.Free(tracked.Entity);
    }
}
