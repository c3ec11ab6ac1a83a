using System.Runtime.CompilerServices;

namespace OppTel.Client;

/// <summary>How a cell's value comes about: decides how what was stored while the memory changed is carried over.</summary>
internal enum CellUse : byte
{
    /// <summary>The newest value counts.</summary>
    Set,

    /// <summary>Whole numbers are added.</summary>
    Sum,

    /// <summary>Doubles are added.</summary>
    DoubleSum,
}

/// <summary>
/// The cells, at addresses that never change: plain memory at first, then the array of one daemon, then that of the next. They are
/// never unmapped, since a thread may be in the middle of an update.
/// </summary>
internal sealed unsafe class Cells
{
    private readonly nuint length;
    private readonly ulong* first;
    private readonly CellUse[] uses;
    private int memory;

    /// <summary>Makes so many, all 0.</summary>
    public Cells(int count)
    {
        Count = count;
        uses = new CellUse[count];
        nuint page = (nuint)Environment.SystemPageSize;
        length = (((nuint)count * sizeof(ulong)) + page - 1) / page * page;
        memory = Native.NewMemory(length);
        first = memory < 0 ? null : Native.Map(memory, length);
        if (first is null)
            throw new IOException($"no memory for {count} cells");
    }

    /// <summary>How many.</summary>
    public int Count { get; }

    /// <summary>A cell, in place.</summary>
    public ref ulong this[int index] => ref first[index];

    /// <summary>Whether all of a series' cells are added to, or set.</summary>
    public void Use(int cell, int count, CellUse use) => uses.AsSpan(cell, count).Fill(use);

    /// <summary>
    /// Puts other memory in the cells' place, with their values. Who stores meanwhile stores into one or the other; what the old
    /// one got behind the copy is carried over, once nobody can reach it any more. The descriptor is taken over.
    /// </summary>
    public bool TryMoveTo(int descriptor)
    {
        ulong* old = Native.Map(memory, length), next = Native.Map(descriptor, length);
        ulong[] copies = new ulong[Count];
        bool isMoved = old is not null && next is not null;
        for (int index = 0; isMoved && index < Count; index++)
            Volatile.Write(ref next[index], copies[index] = Volatile.Read(ref old[index]));
        isMoved = isMoved && Native.MapOver(first, descriptor, length) is not null;
        for (int index = 0; isMoved && index < Count; index++)
            CarryOver(ref next[index], copies[index], old[index], uses[index]);
        Release(old);
        Release(next);
        _ = Native.Close(isMoved ? memory : descriptor);
        memory = isMoved ? descriptor : memory;
        return isMoved;
    }

    /// <summary>Back to plain memory, which the values do not survive elsewhere.</summary>
    public void Abandon()
    {
        int plain = Native.NewMemory(length);
        if (plain >= 0)
            TryMoveTo(plain);
    }

    private static void CarryOver(ref ulong cell, ulong copied, ulong last, CellUse use)
    {
        if (copied == last)
            return;
        switch (use)
        {
            case CellUse.Sum:
                Interlocked.Add(ref cell, last - copied);
                break;
            case CellUse.DoubleSum:
                AddDouble(ref cell, BitConverter.UInt64BitsToDouble(last) - BitConverter.UInt64BitsToDouble(copied));
                break;
            default:
                // Unless there is a newer one.
                Interlocked.CompareExchange(ref cell, last, copied);
                break;
        }
    }

    /// <summary>Adds to a cell that holds a double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddDouble(ref ulong cell, double delta)
    {
        ulong before = Volatile.Read(ref cell), seen;
        while ((seen = Interlocked.CompareExchange(ref cell, BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(before) + delta), before)) != before)
            before = seen;
    }

    private void Release(ulong* mapping)
    {
        if (mapping is not null)
            _ = Native.Unmap(mapping, length);
    }
}
