using OppTel.Bpf;
using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>Collects the values of neighbouring slots, so that one call into the kernel stores many.</summary>
internal sealed class SlotBatch
{
    private readonly ulong[] values = new ulong[HostMaps.MaxStore];
    private uint first;
    private int count;

    /// <summary>Adds a value; those before it are stored when it is no neighbour of theirs.</summary>
    public void Put(ISlotStore store, uint slot, ulong value)
    {
        if (count == values.Length || slot != first + (uint)count)
            Flush(store);
        if (count == 0)
            first = slot;
        values[count++] = value;
    }

    /// <summary>Stores what is left.</summary>
    public void Flush(ISlotStore store)
    {
        if (count > 0)
            store.Store(first, values.AsSpan(0, count));
        count = 0;
    }
}
