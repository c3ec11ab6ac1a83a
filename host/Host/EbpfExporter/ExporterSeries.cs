using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>One set of labels of a metric: what all keys that decode to it count together.</summary>
/// <param name="name">Its labels as one text.</param>
/// <param name="firstSlot">First of its slots.</param>
/// <param name="slots">How many it has.</param>
/// <param name="keepsSum">Whether what a key counted stays when the key begins anew.</param>
internal sealed class ExporterSeries(string name, uint firstSlot, int slots, bool keepsSum)
{
    private readonly ulong[] values = new ulong[slots];
    private bool keepsSum = keepsSum;
    private bool isChanged;

    public string Name => name;

    public uint FirstSlot => firstSlot;

    public int Slots => slots;

    /// <summary>Keys that count into it.</summary>
    public int Keys { get; private set; }

    /// <summary>
    /// A key counts into it from now on. A counter that falls has begun anew: with one key its series does so too, as in ebpf_exporter;
    /// with more it would look as if all had.
    /// </summary>
    public void Join() => keepsSum |= ++Keys > 1;

    /// <summary>A key is gone; what it counted stays.</summary>
    public void Leave() => Keys--;

    /// <summary>Takes the value of a key.</summary>
    public void Count(KnownKey key, ulong value)
    {
        if (value == key.Value)
            return;
        values[key.Slot] += value < key.Value && keepsSum ? value : value - key.Value;
        key.Value = value;
        isChanged = true;
    }

    /// <summary>Stores its values if they have changed.</summary>
    public void WriteTo(SlotBatch batch, ISlotStore store)
    {
        if (!isChanged)
            return;
        isChanged = false;
        for (int slot = 0; slot < values.Length; slot++)
            batch.Put(store, firstSlot + (uint)slot, values[slot]);
    }
}
