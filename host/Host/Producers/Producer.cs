using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;
using OppTel.Producers;

namespace OppTel.Host.Producers;

/// <summary>One program's cells, and the series that it has declared of them.</summary>
/// <param name="name">Its own; the label "producer".</param>
/// <param name="process">Its process, as the kernel says.</param>
/// <param name="map">The cells.</param>
/// <param name="families">Names that producers have taken.</param>
/// <param name="budget">Slots of all producers.</param>
internal sealed class Producer(string name, int process, CellMap map, DeclaredFamilies families, SlotBudget budget) : IDisposable
{
    /// <summary>Cells that are compared at once.</summary>
    private const int Chunk = HostMaps.MaxStore;

    private const uint NoSlot = uint.MaxValue;
    private readonly ulong[] seen = new ulong[map.Cells.Length];
    private readonly uint[] slots = Fill(map.Cells.Length);
    private readonly bool[] isDouble = new bool[map.Cells.Length];
    private readonly Dictionary<int, Declaration> series = [];
    private readonly HashSet<string> keys = new(StringComparer.Ordinal);

    public string Name => name;

    public int Process => process;

    public CellMap Map => map;

    /// <summary>Series that it has.</summary>
    public int Series => series.Count;

    /// <summary>Values that were no numbers, and were passed over.</summary>
    public ulong NotFinite { get; private set; }

    /// <summary>Makes a series.</summary>
    public ProducerVerdict Declare(in ProducerDeclare message, ISlotStore store)
    {
        ProducerVerdict verdict = Declaration.TryRead(message, slots.Length, out Declaration? declaration);
        if (verdict != ProducerVerdict.Accepted)
            return verdict;
        if (slots.AsSpan(declaration!.Cell, declaration.Cells).ContainsAnyExcept(NoSlot))
            return ProducerVerdict.CellTaken;
        if (keys.Contains(declaration.Key))
            return ProducerVerdict.SeriesTaken;
        if (!budget.TryTake(declaration.Cells))
            return ProducerVerdict.TooManySeries;
        verdict = Place(declaration, store);
        if (verdict != ProducerVerdict.Accepted)
            budget.Give(declaration.Cells);
        return verdict;
    }

    /// <summary>Ends a series.</summary>
    public ProducerVerdict Withdraw(uint cell, ISlotStore store)
    {
        if (cell >= (uint)slots.Length || !series.Remove((int)cell, out Declaration? declaration))
            return ProducerVerdict.NotDeclared;
        TakeRange(declaration.Cell, declaration.Cells, store);
        store.Withdraw(slots[cell]);
        slots.AsSpan(declaration.Cell, declaration.Cells).Fill(NoSlot);
        keys.Remove(declaration.Key);
        budget.Give(declaration.Cells);
        return ProducerVerdict.Accepted;
    }

    /// <summary>Stores what has changed since the last time.</summary>
    public void Scan(ISlotStore store)
    {
        ReadOnlySpan<ulong> cells = map.Cells;
        for (int start = 0; start < cells.Length; start += Chunk)
        {
            int length = Math.Min(Chunk, cells.Length - start);
            if (!cells.Slice(start, length).SequenceEqual(seen.AsSpan(start, length)))
                Take(start, length, store);
        }
    }

    /// <summary>Ends all series, with their last values.</summary>
    public void End(ISlotStore store)
    {
        foreach (int cell in series.Keys.ToList())
            Withdraw((uint)cell, store);
    }

    public void Dispose() => map.Dispose();

    private static uint[] Fill(int cells)
    {
        uint[] slots = new uint[cells];
        slots.AsSpan().Fill(NoSlot);
        return slots;
    }

    private ProducerVerdict Place(Declaration declaration, ISlotStore store)
    {
        FamilyVerdict found = families.Find(declaration.Metric, store, out Metric? metric);
        if (found != FamilyVerdict.Found)
        {
            return found switch
            {
                FamilyVerdict.OtherKind => ProducerVerdict.OtherKind,
                FamilyVerdict.Reserved => ProducerVerdict.ReservedName,
                _ => ProducerVerdict.TooManyNames,
            };
        }

        if (store.Declare(metric!, declaration.LabelsOf(name, process)) is not { } firstSlot)
            return ProducerVerdict.TooManySeries;
        for (int index = 0; index < declaration.Cells; index++)
        {
            slots[declaration.Cell + index] = firstSlot + (uint)index;
            isDouble[declaration.Cell + index] = metric!.Encoding == Metric.Types.Encoding.Double;
        }

        series[declaration.Cell] = declaration;
        keys.Add(declaration.Key);
        // What the cells hold already.
        TakeRange(declaration.Cell, declaration.Cells, store);
        return ProducerVerdict.Accepted;
    }

    private void TakeRange(int first, int count, ISlotStore store)
    {
        for (int done = 0; done < count; done += Chunk)
            Take(first + done, Math.Min(Chunk, count - done), store);
    }

    /// <summary>Stores some cells, changed or not, in as few runs of slots as they make: a value that is not new costs next to nothing.</summary>
    private void Take(int start, int length, ISlotStore store)
    {
        Span<ulong> values = stackalloc ulong[Chunk];
        int count = 0;
        uint first = NoSlot;
        for (int cell = start; cell < start + length; cell++)
        {
            ulong raw = seen[cell] = map.Read(cell);
            bool isTaken = slots[cell] != NoSlot && IsNumber(cell, raw);
            if (count > 0 && (!isTaken || slots[cell] != first + (uint)count))
            {
                store.Store(first, values[..count]);
                count = 0;
            }

            if (!isTaken)
                continue;
            if (count == 0)
                first = slots[cell];
            values[count++] = isDouble[cell] ? raw >> 16 : raw;
        }

        if (count > 0)
            store.Store(first, values[..count]);
    }

    private bool IsNumber(int cell, ulong raw)
    {
        if (!isDouble[cell] || double.IsFinite(BitConverter.UInt64BitsToDouble(raw)))
            return true;
        NotFinite++;
        return false;
    }
}
