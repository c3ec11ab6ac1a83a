using OppTel.Bpf;
using OppTel.Host.Catalog;

namespace OppTel.Model.Tests;

/// <summary>The kernel side of a daemon, without a kernel: blocks of one slot, who owns them, and what a trailer would carry.</summary>
internal sealed class ModelKernel : ICatalogKernel
{
    private readonly Stack<uint> free = new([8u, 4u]);
    private readonly SortedSet<uint> live = [];

    /// <summary>Owner of each block in use; each entity of a world has a number of its own.</summary>
    public SortedDictionary<uint, ulong> Owners { get; } = [];

    /// <summary>Blocks whose values leave.</summary>
    public IReadOnlyCollection<uint> Live => live;

    public ushort Epoch { get; private set; }

    public bool HasRoom => free.Count > 0;

    /// <summary>Gives an entity a block.</summary>
    public Entity Give(ulong id)
    {
        uint block = free.Pop();
        Owners[block] = id;
        return new Entity(EntityKind.Process, id, block, [1], new SortedDictionary<string, string> { ["id"] = $"{id}" });
    }

    public void SetLive(Entity entity, bool isLive)
    {
        if (!Owners.ContainsKey(entity.FirstSlot) || !(isLive ? live.Add(entity.FirstSlot) : live.Remove(entity.FirstSlot)))
            throw new InvalidOperationException($"block {entity.FirstSlot} is not as the book believes");
    }

    public void Queue(Entity entity)
    {
    }

    public void StampEpoch(ushort epoch) => Epoch = epoch;

    public bool IsDrained(Entity entity) => true;

    public void FoldIntoOther(Entity entity)
    {
    }

    public void Free(Entity entity)
    {
        if (live.Contains(entity.FirstSlot) || !Owners.Remove(entity.FirstSlot))
            throw new InvalidOperationException($"block {entity.FirstSlot} is given back while it is in use");
        free.Push(entity.FirstSlot);
    }
}
