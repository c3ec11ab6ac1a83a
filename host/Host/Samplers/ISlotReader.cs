using OppTel.Bpf;
using OppTel.Catalog;

namespace OppTel.Host.Samplers;

/// <summary>Reads now and then, on the daemon's thread, what no program can count: it must not block.</summary>
public interface ISlotReader : IDisposable
{
    /// <summary>Time from one reading to the next.</summary>
    TimeSpan Interval { get; }

    /// <summary>Reads, and stores what it read.</summary>
    /// <exception cref="IOException">The source failed; it is tried again at the next time.</exception>
    void Read(ISlotStore store);
}

/// <summary>A reader with BPF programs that are its own.</summary>
public interface IProgramOwner
{
    /// <summary>What it is called in the names of its programs.</summary>
    string Name { get; }

    /// <summary>All of them, attached.</summary>
    IReadOnlyList<BpfProgram> Programs { get; }
}

/// <summary>Takes what a reader read.</summary>
public interface ISlotStore
{
    /// <summary>Gives consecutive slots their raw values; those that are new leave with the next carriers.</summary>
    void Store(uint firstSlot, ReadOnlySpan<ulong> values);

    /// <summary>Adds to consecutive slots that no program writes.</summary>
    void Add(uint firstSlot, ReadOnlySpan<ulong> deltas);

    /// <summary>Gives an entity that a reader has found a block. Returns its first slot; where no block is free, that of the block "other".</summary>
    /// <param name="kind">A kind that no program knows.</param>
    /// <param name="id">No other entity's of this kind.</param>
    /// <param name="labels">Metric labels.</param>
    uint Claim(EntityKind kind, ulong id, IReadOnlyDictionary<string, string> labels);

    /// <summary>Takes the block of an entity that is gone, once its last values have left.</summary>
    void Release(EntityKind kind, ulong id, uint firstSlot);

    /// <summary>Whether a sampler has a metric of this name, or a reader has defined one.</summary>
    bool IsTaken(string name);

    /// <summary>
    /// Gives a metric that no sampler has an id; null where a DPU would take no more. It keeps its meaning for good: who defines has
    /// to have a bound.
    /// </summary>
    Metric? Define(Metric metric);

    /// <summary>Gives a series of a defined metric slots. Returns the first of them; null where none are free.</summary>
    /// <param name="metric">As it was defined.</param>
    /// <param name="labels">Of the series.</param>
    uint? Declare(Metric metric, IReadOnlyDictionary<string, string> labels);

    /// <summary>Takes the slots of a declared series, once its last values have left.</summary>
    void Withdraw(uint firstSlot);
}
