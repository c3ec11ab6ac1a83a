namespace OppTel.Host.Catalog;

/// <summary>What the catalog's state machine asks of the kernel side.</summary>
public interface ICatalogKernel
{
    /// <summary>Makes the slots of an entity live, queueing their values, or dead.</summary>
    void SetLive(Entity entity, bool live);

    /// <summary>Has the values of a live entity leave again, changed or not: they have a new meaning.</summary>
    void Queue(Entity entity);

    /// <summary>Sets the epoch that trailers are stamped with; 0 for none.</summary>
    void StampEpoch(ushort epoch);

    /// <summary>Whether no slot of an entity waits to leave.</summary>
    bool IsDrained(Entity entity);

    /// <summary>Adds the values of an entity that nobody will hear of to the block "other" of its kind.</summary>
    void FoldIntoOther(Entity entity);

    /// <summary>Zeroes the slots of an entity and gives its block back for another one.</summary>
    void Free(Entity entity);
}
