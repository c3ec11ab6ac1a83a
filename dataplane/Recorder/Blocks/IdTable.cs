using System.Numerics;

namespace OppTel.Recorder.Blocks;

/// <summary>The places of ids in the order of their first appearance; emptied in no time.</summary>
internal sealed class IdTable
{
    private Entry[] entries = new Entry[4096];
    private uint[] ids = new uint[2048];
    private uint round = 1;

    /// <summary>Ids seen.</summary>
    public int Count { get; private set; }

    /// <summary>The ids by place.</summary>
    public ReadOnlySpan<uint> Ids => ids.AsSpan(0, Count);

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Count = 0;
        if (++round != 0)
            return;
        Array.Clear(entries);
        round = 1;
    }

    /// <summary>The place of an id, a new one if it was not seen yet.</summary>
    public int PlaceOf(uint id)
    {
        int mask = entries.Length - 1;
        int at = (int)((id * 0x9E37_79B9u) >> BitOperations.LeadingZeroCount((uint)mask)) & mask;
        while (true)
        {
            ref Entry entry = ref entries[at];
            if (entry.Round != round)
                return Add(ref entry, id);
            if (entry.Id == id)
                return entry.Place;
            at = (at + 1) & mask;
        }
    }

    private int Add(ref Entry entry, uint id)
    {
        entry = new Entry(id, round, Count);
        ids[Count++] = id;
        int place = Count - 1;
        if (Count == ids.Length)
            Grow();
        return place;
    }

    private void Grow()
    {
        uint[] known = ids[..Count];
        entries = new Entry[entries.Length * 2];
        ids = new uint[ids.Length * 2];
        (round, Count) = (1, 0);
        foreach (uint id in known)
            PlaceOf(id);
    }

    private readonly record struct Entry(uint Id, uint Round, int Place);
}
