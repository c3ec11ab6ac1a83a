namespace OppTel.Sketches.HeavyHitters;

/// <summary>Where keys are remembered: a hash table of fixed size, half empty at least, with linear probing.</summary>
/// <param name="capacity">Keys at most.</param>
internal sealed class KeyTable<TKey>(int capacity)
    where TKey : struct, IEquatable<TKey>
{
    private const int None = 0;
    private readonly TKey[] keys = new TKey[capacity];
    private readonly int[] entries = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, 2L * capacity))];

    /// <summary>The key of an entry.</summary>
    public TKey this[int entry] => keys[entry];

    /// <summary>The entry of a key, or a negative number.</summary>
    public int Find(TKey key) => entries[SlotOf(key)] - 1;

    /// <summary>Gives a key, which is not there, an entry that has none.</summary>
    public void Add(TKey key, int entry)
    {
        keys[entry] = key;
        entries[SlotOf(key)] = entry + 1;
    }

    /// <summary>Takes the key of an entry away.</summary>
    public void Remove(int entry)
    {
        int hole = SlotOf(keys[entry]);
        entries[hole] = None;
        // What was pushed past the hole by a collision moves back, so that no search ends at the hole.
        for (int slot = Next(hole); entries[slot] != None; slot = Next(slot))
        {
            int home = Hash(keys[entries[slot] - 1]);
            if (Distance(home, slot) < Distance(hole, slot))
                continue;
            (entries[hole], entries[slot]) = (entries[slot], None);
            hole = slot;
        }
    }

    /// <summary>Takes all keys away.</summary>
    public void Clear() => Array.Clear(entries);

    private int SlotOf(TKey key)
    {
        int slot = Hash(key);
        while (entries[slot] != None && !keys[entries[slot] - 1].Equals(key))
            slot = Next(slot);
        return slot;
    }

    private int Next(int slot) => (slot + 1) & (entries.Length - 1);

    private int Distance(int from, int to) => (to - from) & (entries.Length - 1);

    // Hash codes of numbers are the numbers themselves: the multiplication spreads neighbours.
    private int Hash(TKey key) => (int)(((uint)key.GetHashCode() * 0x9E3779B9u) >> 7) & (entries.Length - 1);
}
