using OppTel.Bpf;
using OppTel.Host.Catalog;

namespace OppTel.Host;

/// <summary>
/// Blocks that nobody has: who got one and ended while events were lost, both times, is known to nobody, and so is its block. A block
/// can seem to be nobody's for a moment, while a program takes it or the news of it is on its way: only who is so twice is.
/// </summary>
/// <param name="kernel">The kernel side.</param>
/// <param name="book">The agreement with the DPU.</param>
internal sealed class LostBlocks(HostKernel kernel, CatalogBook book)
{
    /// <summary>The search takes all free blocks for some milliseconds: it waits until events have not been lost for this long.</summary>
    private const ulong Quiet = 1_000_000_000;

    /// <summary>Between two looks: news is taken meanwhile, and no block that it told of is free again.</summary>
    private const ulong Pause = 100_000_000;

    private readonly HashSet<(EntityKind Kind, uint FirstSlot)> suspects = [];
    private ulong searchAt;
    private bool isSecondLook;

    /// <summary>Events were lost: there may be such blocks.</summary>
    public void Suspect(ulong now) => (searchAt, isSecondLook) = (now + Quiet, false);

    /// <summary>Looks, when it is time, and gives back what it finds; what it counted goes to "other".</summary>
    public void Search(ulong now)
    {
        if (searchAt == 0 || now < searchAt)
            return;
        if (!isSecondLook)
        {
            suspects.Clear();
            suspects.UnionWith(Nobodys());
            (searchAt, isSecondLook) = (now + Pause, true);
            return;
        }

        searchAt = 0;
        suspects.IntersectWith(Nobodys());
        foreach ((EntityKind kind, uint firstSlot) in suspects)
        {
            Entity gone = new(kind, Entity.Permanent, firstSlot, kernel.Samplers.MetricIdsOf(kind), EntityLabels.ForOther(kind));
            kernel.FoldIntoOther(gone);
            kernel.Free(gone);
        }
    }

    private IEnumerable<(EntityKind Kind, uint FirstSlot)> Nobodys()
    {
        HashSet<uint> known = [.. book.Entities.Select(entity => entity.FirstSlot)];
        return kernel.Unowned().Where(block => !known.Contains(block.FirstSlot));
    }
}
