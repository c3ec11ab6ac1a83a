using OppTel.Bpf;
using OppTel.Host.Catalog;

namespace OppTel.Host.Tests.Daemon;

/// <summary>A kernel without a kernel: blocks, who owns them, and what a trailer would carry.</summary>
internal sealed class SimulatedHost : ICatalogKernel
{
    private const int Blocks = 12;
    private const int BlockSlots = 4;
    private readonly Stack<uint> free = new(Enumerable.Range(1, Blocks).Select(block => (uint)block * BlockSlots));
    private readonly HashSet<uint> live = [];
    private ulong nextId = 1;

    /// <summary>Owner of each block in use: every entity of a run has an id of its own.</summary>
    public Dictionary<uint, ulong> Owners { get; } = [];

    public ushort Epoch { get; private set; }

    public int FreeBlocks => free.Count;

    public int Folded { get; private set; }

    /// <summary>A new entity takes a block; null when there is none.</summary>
    public Entity? Birth()
    {
        if (!free.TryPop(out uint block))
            return null;
        Owners[block] = nextId;
        return new Entity(EntityKind.Process, nextId, block, [1, 2, 3, 4], Labels(nextId++));
    }

    /// <summary>What a carrier takes now: the epoch, and slot and true owner of everything live.</summary>
    public (ushort Epoch, List<(uint Slot, ulong Owner)> Values) Stamp() =>
        (Epoch, [.. live.Select(block => (block, Owners[block]))]);

    public bool IsLive(uint block) => live.Contains(block);

    public void SetLive(Entity entity, bool isLive)
    {
        Assert.True(Owners.ContainsKey(entity.FirstSlot));
        Assert.Equal(BlockSlots, entity.MetricIds.Count);
        Assert.True(isLive ? live.Add(entity.FirstSlot) : live.Remove(entity.FirstSlot));
    }

    /// <summary>First slots of the entities whose values were to leave again, in this order.</summary>
    public List<uint> Queued { get; } = [];

    public void Queue(Entity entity)
    {
        Assert.Contains(entity.FirstSlot, live);
        Queued.Add(entity.FirstSlot);
    }

    public void StampEpoch(ushort epoch) => Epoch = epoch;

    public bool IsDrained(Entity entity) => true;

    public void FoldIntoOther(Entity entity) => Folded++;

    public void Free(Entity entity)
    {
        Assert.True(Owners.Remove(entity.FirstSlot));
        Assert.DoesNotContain(entity.FirstSlot, live);
        free.Push(entity.FirstSlot);
    }

    private static SortedDictionary<string, string> Labels(ulong id) => new() { ["id"] = id.ToString(System.Globalization.CultureInfo.InvariantCulture) };
}

/// <summary>A DPU that takes changes, forgets everything when it restarts, and decodes trailers by their epoch alone.</summary>
internal sealed class SimulatedDpu
{
    private readonly Dictionary<ushort, Dictionary<uint, ulong>> epochs = [];

    public ushort Newest { get; private set; }

    public bool KnowsHost => Newest != 0;

    public int Undecodable { get; private set; }

    public void Receive(CatalogChange change)
    {
        if (epochs.ContainsKey(change.Epoch) || (!change.IsWhole && !epochs.ContainsKey(change.BaseEpoch)))
            return;
        Dictionary<uint, ulong> meaning = change.IsWhole ? [] : new(epochs[change.BaseEpoch]);
        foreach (Entity entity in change.Removed)
            Assert.True(meaning.Remove(entity.FirstSlot));
        foreach (Entity entity in change.Added)
            meaning[entity.FirstSlot] = entity.Id;
        epochs[change.Epoch] = meaning;
        Newest = change.Epoch;
    }

    public void Restart()
    {
        epochs.Clear();
        Newest = 0;
    }

    /// <summary>A value is attributed to whom the epoch says, which has to be its true owner.</summary>
    public void Receive((ushort Epoch, List<(uint Slot, ulong Owner)> Values) trailer)
    {
        if (!epochs.TryGetValue(trailer.Epoch, out Dictionary<uint, ulong>? meaning))
        {
            Undecodable++;
            return;
        }

        foreach ((uint slot, ulong owner) in trailer.Values)
            Assert.Equal(owner, Assert.Contains(slot, (IReadOnlyDictionary<uint, ulong>)meaning));
    }
}
