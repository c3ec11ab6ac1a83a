using OppTel.Bpf;

namespace OppTel.Host.Scheduling;

/// <summary>
/// Tells since when the oldest change of each class waits, from the rings where the packet path's carriers take what is due. It only
/// reads: what it sees may have left a moment ago, and then one look is for nothing.
/// </summary>
/// <param name="rings">The due ones first, by class.</param>
/// <param name="slots">What stands in them.</param>
/// <param name="state">Has the rules of the classes.</param>
public sealed class DueRings(MappedArray<HostRing> rings, MappedArray<HostSlot> slots, MappedArray<HostState> state)
{
    /// <summary>Entries of a ring that are looked at. Slots that have rested may stand behind younger ones, but not far.</summary>
    private const int Most = 256;

    private const uint Full = 0x10000;
    private const int LapShift = 17;

    private readonly (ulong Tail, ulong Seen)[] stuck = new (ulong Tail, ulong Seen)[HostMaps.Classes];
    private readonly ulong[] oldest = new ulong[HostMaps.Classes];

    /// <summary>For each class since when its oldest change waits, in nanoseconds, or <see cref="HeartbeatPlan.Nothing"/>; valid until the next call.</summary>
    /// <param name="now">CLOCK_BOOTTIME ns.</param>
    public ReadOnlySpan<ulong> Oldest(ulong now)
    {
        int classes = (int)state[0].Classes;
        for (int number = 0; number < classes; number++)
            oldest[number] = Oldest(number, now);
        return oldest.AsSpan(0, classes);
    }

    /// <summary>Whether a slot has rested for as long as it has to, and nobody has woken it.</summary>
    /// <param name="now">CLOCK_BOOTTIME ns.</param>
    public bool HasRested(ulong now)
    {
        for (int number = 0; number < (int)state[0].Classes; number++)
        {
            ref HostClass rules = ref state[0].Class[number];
            if (rules.MinInterval == 0)
                continue;
            ref HostRing ring = ref rings[(int)rules.Resting];
            ulong tail = Volatile.Read(ref ring.Tail);
            if (TryGet(ref ring, tail, out int slot) && (uint)(now >> HostMaps.RestShift) - Volatile.Read(ref slots[slot].Left) > rules.MinInterval)
                return true;
        }

        return false;
    }

    private ulong Oldest(int number, ulong now)
    {
        ref HostRing ring = ref rings[number];
        ulong tail = Volatile.Read(ref ring.Tail), head = Volatile.Read(ref ring.Head), since = HeartbeatPlan.Nothing;
        if ((long)(head - tail) <= 0)
            return since;
        bool rests = state[0].Class[number].MinInterval != 0;
        for (ulong at = tail; at < head && at < tail + Most && (rests || since == HeartbeatPlan.Nothing); at++)
        {
            if (TryGet(ref ring, at, out int slot) && (Volatile.Read(ref slots[slot].Live) & HostSlot.LiveBit) != 0)
                since = Math.Min(since, Volatile.Read(ref slots[slot].Since));
        }

        return since == HeartbeatPlan.Nothing ? Stuck(number, tail, now) : since;
    }

    /// <summary>
    /// Where what stands first is dead, or its pusher has been held up, nobody knows since when it waits: since it was first seen. A
    /// carrier clears it.
    /// </summary>
    private ulong Stuck(int number, ulong tail, ulong now)
    {
        if (stuck[number].Tail != tail || stuck[number].Seen == 0)
            stuck[number] = (tail, now);
        return stuck[number].Seen;
    }

    /// <summary>The slot at a position, unless its pusher has not come or a carrier has taken it.</summary>
    private static unsafe bool TryGet(ref HostRing ring, ulong at, out int slot)
    {
        const uint Entries = 2 * HostMaps.Slots;
        uint entry = Volatile.Read(ref ring.Entry[at & (Entries - 1)]);
        slot = (int)(entry & (HostMaps.Slots - 1));
        return entry >> 16 == (((uint)(at / Entries) << LapShift) | Full) >> 16;
    }
}
