using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Keeps what readers store; entities get blocks of 200 slots.</summary>
/// <param name="blocks">Number of blocks; who finds none shares the one at <see cref="Other"/>.</param>
internal sealed class RecordingStore(int blocks = 100) : ISlotStore
{
    /// <summary>First slot of the block "other".</summary>
    public const uint Other = 50_000;

    private const uint BlockSlots = 200, Declarations = 60_000;
    private readonly Dictionary<uint, ulong> values = [];
    private readonly Stack<uint> free = new(Enumerable.Range(1, blocks).Reverse().Select(block => (uint)block * BlockSlots));

    /// <summary>First slots of those that have a block, by name.</summary>
    public Dictionary<string, uint> Owners { get; } = [];

    /// <summary>The last value of a slot.</summary>
    public ulong this[uint slot] => values.GetValueOrDefault(slot);

    /// <summary>Whether a slot has been given a value.</summary>
    public bool Has(uint slot) => values.ContainsKey(slot);

    public void Store(uint firstSlot, ReadOnlySpan<ulong> values)
    {
        for (int index = 0; index < values.Length; index++)
            this.values[firstSlot + (uint)index] = values[index];
    }

    public void Add(uint firstSlot, ReadOnlySpan<ulong> deltas)
    {
        for (int index = 0; index < deltas.Length; index++)
            values[firstSlot + (uint)index] = this[firstSlot + (uint)index] + deltas[index];
    }

    public uint Claim(EntityKind kind, ulong id, IReadOnlyDictionary<string, string> labels)
    {
        if (!free.TryPop(out uint block))
            return Other;
        Owners.Add(Assert.Single(labels.Values), block);
        return block;
    }

    public void Release(EntityKind kind, ulong id, uint firstSlot)
    {
        if (firstSlot == Other)
            return;
        Assert.True(Owners.Remove(Owners.Single(owner => owner.Value == firstSlot).Key));
        for (uint slot = firstSlot; slot < firstSlot + BlockSlots; slot++)
            values.Remove(slot);
        free.Push(firstSlot);
    }

    /// <summary>Series that were declared, and are not withdrawn: the metric, the labels, the first slot.</summary>
    public List<(Metric Metric, IReadOnlyDictionary<string, string> Labels, uint FirstSlot)> Declared { get; } = [];

    /// <summary>Names that samplers have.</summary>
    public HashSet<string> Taken { get; } = [];

    public bool IsTaken(string name) => Taken.Contains(name);

    public Metric? Define(Metric metric) => new(metric) { Id = 1 };

    public uint? Declare(Metric metric, IReadOnlyDictionary<string, string> labels)
    {
        if (!free.TryPop(out uint block))
            return null;
        Declared.Add((metric, labels, Declarations + block));
        return Declarations + block;
    }

    public void Withdraw(uint firstSlot)
    {
        Assert.Equal(1, Declared.RemoveAll(series => series.FirstSlot == firstSlot));
        free.Push(firstSlot - Declarations);
    }
}
