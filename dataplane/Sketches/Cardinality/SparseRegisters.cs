using System.Numerics;

namespace OppTel.Sketches.Cardinality;

/// <summary>
/// Registers of a precision so high that few keys share one, of which only those in use are kept: a hash table of index and rank in 32 bits
/// that grows in steps of two.
/// </summary>
internal struct SparseRegisters()
{
    /// <summary>Bits of a hash that choose a register.</summary>
    public const int Precision = 26;

    /// <summary>Registers in use at most: with them the table is as large as <see cref="DenseRegisters"/>.</summary>
    public const int Limit = 768;

    private const int RankBits = 6;
    private const int SmallestTable = 16;

    private uint[] slots = [];

    /// <summary>Registers in use.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the table.</summary>
    public readonly int Bytes => slots.Length * sizeof(uint);

    /// <summary>How many keys there are: each empty register is a key that did not come.</summary>
    public readonly double Estimate => -Math.ScaleB(Math.Log(1 - Math.ScaleB(Count, -Precision)), Precision);

    /// <summary>The registers in use: <see cref="Precision"/> bits of index, then the rank.</summary>
    public readonly ReadOnlySpan<uint> Slots => slots;

    /// <summary>The register of a hash, and in the last bits its rank: the place of the first 1 in the rest of the hash.</summary>
    public static uint Encode(ulong hash) =>
        (uint)(hash >> (64 - Precision) << RankBits) | (uint)(BitOperations.LeadingZeroCount((hash << Precision) | (1UL << (Precision - 1))) + 1);

    /// <summary>What a register says of <see cref="DenseRegisters"/>: nothing is lost, since the bits of its index are bits of the hash.</summary>
    public static (int Index, byte Rank) Decode(uint register)
    {
        const int between = Precision - DenseRegisters.Precision;
        uint index = register >> RankBits, lower = index & ((1u << between) - 1);
        int rank = lower != 0 ? BitOperations.LeadingZeroCount(lower) - (32 - between) + 1 : between + (int)(register & ((1 << RankBits) - 1));
        return ((int)(index >> between), (byte)rank);
    }

    /// <summary>Raises a register.</summary>
    /// <returns>False when there are too many in use already; nothing has changed then.</returns>
    public bool TryAdd(uint register)
    {
        if (slots.Length == 0)
            slots = new uint[SmallestTable];
        int slot = SlotOf(register);
        if (slots[slot] != 0)
        {
            slots[slot] = Math.Max(slots[slot], register);
            return true;
        }

        if (Count == Limit)
            return false;
        slots[slot] = register;
        if (++Count * 4 > slots.Length * 3)
            Grow();
        return true;
    }

    /// <summary>Forgets everything but its memory.</summary>
    public void Clear()
    {
        Array.Clear(slots);
        Count = 0;
    }

    private void Grow()
    {
        uint[] before = slots;
        slots = new uint[2 * before.Length];
        foreach (uint register in before)
        {
            if (register != 0)
                slots[SlotOf(register)] = register;
        }
    }

    private readonly int SlotOf(uint register)
    {
        // The index begins with bits of a good hash.
        int slot = (int)(register >> RankBits) & (slots.Length - 1);
        while (slots[slot] != 0 && slots[slot] >> RankBits != register >> RankBits)
            slot = (slot + 1) & (slots.Length - 1);
        return slot;
    }
}
