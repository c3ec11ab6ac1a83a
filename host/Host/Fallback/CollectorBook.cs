using OppTel.Host.Catalog;

namespace OppTel.Host.Fallback;

/// <summary>
/// The agreement with the collector on what the critical slots mean. It is told everything whenever something changed, under a number that
/// only this version has, and until it acknowledges; the version before counts meanwhile, for those of its entities that still own
/// their slots: the daemon reads and sends in one step, so it needs no other barrier. A collector that drains the DPU as well has the DPU's
/// catalog: then that one counts, and the two books do not take turns in replacing each other's. Times are nanoseconds.
/// </summary>
/// <param name="book">The agreement with the DPU; gives out the numbers.</param>
/// <param name="slots">Which are critical.</param>
public sealed class CollectorBook(CatalogBook book, CriticalSlots slots)
{
    /// <summary>What is not acknowledged is sent again after this.</summary>
    public const ulong ResendInterval = 250_000_000;

    /// <summary>Changes are collected for this long.</summary>
    public const ulong BatchInterval = 500_000_000;

    /// <summary>An epoch of somebody else may be the DPU's that this side has not heard of yet.</summary>
    public const ulong Patience = 500_000_000;

    private Told? agreed;
    private Told? pending;
    private bool usesBook;
    private ulong sentAt;
    private ulong composedAt;
    private (ushort Epoch, ulong Since)? strange;
    private ulong changes;

    /// <summary>The epoch that explains <see cref="Explained"/>; 0 while the collector has none of ours.</summary>
    public ushort Epoch => usesBook ? book.StampedEpoch : agreed?.Epoch ?? 0;

    /// <summary>The entities whose slots the collector understands.</summary>
    public IEnumerable<Entity> Explained => usesBook ? book.Explained : agreed?.Entities.Where(book.Owns) ?? [];

    /// <summary>Changes whenever <see cref="Explained"/> may.</summary>
    public (ulong Own, ulong Book) Version => (changes, book.Version);

    /// <summary>Takes in what a beacon of the collector says.</summary>
    /// <param name="isOurs">Whether it names this daemon's instance.</param>
    /// <param name="epoch">The newest complete epoch that it has.</param>
    /// <param name="now">Nanoseconds.</param>
    public void Acknowledge(bool isOurs, ushort epoch, ulong now)
    {
        ushort before = Epoch;
        bool isPending = isOurs && epoch != 0 && epoch == pending?.Epoch;
        if (isPending)
            (agreed, pending) = (pending, null);
        usesBook = isOurs && epoch != 0 && epoch == book.StampedEpoch;
        if (isPending)
            book.Heard(agreed!.Entities);
        bool isKnown = usesBook || (isOurs && epoch != 0 && epoch == agreed?.Epoch);
        strange = isKnown || !isOurs || epoch == 0 ? null : (epoch, strange?.Since ?? now);
        if (!isKnown)
            agreed = null;
        if (before != Epoch || isPending)
            changes++;
    }

    /// <summary>The collector does not answer: whatever it has may be gone.</summary>
    public void Forget()
    {
        (agreed, pending, usesBook, strange) = (null, null, false, null);
        changes++;
    }

    /// <summary>The catalog to send now; null for none. Its entities carry nothing but critical metrics.</summary>
    public CatalogChange? Tick(ulong now)
    {
        if (strange is { } theirs)
        {
            if (now - theirs.Since < Patience)
                return null;
            // One that is older than what they have would not be taken.
            if ((short)((pending?.Epoch ?? 0) - theirs.Epoch) <= 0)
                pending = null;
        }

        if (usesBook && book.StampedEpoch != 0)
            return null;
        if (pending is null && !Compose(now))
            return null;
        if (sentAt != 0 && now - sentAt < ResendInterval)
            return null;
        sentAt = now;
        return new CatalogChange(pending!.Epoch, 0, [.. pending.Entities.Select(entity => slots.Narrow(entity)!)], []);
    }

    /// <summary>These entities of the catalog that was just sent are not in it: what explains them fits no datagram.</summary>
    public void Silence(IReadOnlyCollection<Entity> untold)
    {
        if (untold.Count > 0 && pending is not null)
            pending = pending with { Entities = [.. pending.Entities.Where(entity => untold.All(silent => silent.FirstSlot != entity.FirstSlot))] };
    }

    private bool Compose(ulong now)
    {
        if (agreed is not null && (agreed.Version == book.Version || now - composedAt < BatchInterval))
            return false;
        composedAt = now;
        Entity[] entities = [.. book.Entities.Where(entity => slots.Narrow(entity) is not null)];
        if (agreed is not null && entities.SequenceEqual(agreed.Entities, ReferenceEqualityComparer.Instance))
        {
            agreed = agreed with { Version = book.Version };
            return false;
        }

        pending = new Told(book.NextEpoch(), book.Version, entities);
        sentAt = 0;
        return true;
    }

    /// <summary>One version.</summary>
    private sealed record Told(ushort Epoch, ulong Version, IReadOnlyList<Entity> Entities);
}
