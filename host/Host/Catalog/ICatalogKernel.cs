namespace OppTel.Host.Catalog;

/// <summary>What the catalog's state machine asks of the kernel side.</summary>
public interface ICatalogKernel
{
    /// <summary>Makes slots live, queueing their values, or dead.</summary>
    void SetLive(uint firstSlot, int slots, bool live);

    /// <summary>Sets the epoch that trailers are stamped with; 0 for none.</summary>
    void StampEpoch(ushort epoch);

    /// <summary>Whether no slot of a block waits to leave.</summary>
    bool IsDrained(uint firstSlot);

    /// <summary>Adds the values of a block that nobody will hear of to the "other" block of its kind.</summary>
    void FoldIntoOther(uint firstSlot, OppTel.Bpf.EntityKind kind);

    /// <summary>Zeroes the slots of a block and gives it back for another entity.</summary>
    void Free(uint firstSlot);
}
