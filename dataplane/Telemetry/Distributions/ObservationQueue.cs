using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Telemetry.Distributions;

/// <summary>One entry of the queue: an observation of a distribution, or an order to all of them.</summary>
/// <param name="Target">Id of the distribution, or one of the orders below.</param>
/// <param name="Count">Equal observations; of <see cref="Release"/> the id.</param>
/// <param name="Value">What was observed; of <see cref="EndSecond"/> the number of the second that began, as a whole number.</param>
internal readonly record struct Observation(int Target, uint Count, double Value)
{
    /// <summary>A second ended.</summary>
    public const int EndSecond = -1;

    /// <summary>A distribution is no longer fed.</summary>
    public const int Release = -2;
}

/// <summary>
/// Carries observations from the drain thread, which waits for nobody, to the one that sorts them into sketches. When it is full,
/// observations are lost and counted.
/// </summary>
internal sealed class ObservationQueue
{
    private readonly Observation[] entries;
    private readonly int mask;
    private Positions positions;

    /// <summary>An empty queue.</summary>
    /// <param name="capacity">Entries; rounded down to a power of two.</param>
    public ObservationQueue(int capacity)
    {
        entries = new Observation[1 << BitOperations.Log2((uint)capacity)];
        mask = entries.Length - 1;
    }

    /// <summary>Bytes of all entries.</summary>
    public long Bytes => (long)entries.Length * Unsafe.SizeOf<Observation>();

    /// <summary>Observations that found no room.</summary>
    public ulong Lost => Volatile.Read(ref positions.Lost);

    /// <summary>Entries that wait.</summary>
    public int Pending => (int)(Volatile.Read(ref positions.Head) - Volatile.Read(ref positions.Tail));

    /// <summary>Adds an entry; false, and counted, when there is no room. One thread calls this.</summary>
    public bool TryAdd(in Observation entry)
    {
        ulong head = positions.Head;
        if (head - positions.KnownTail >= (ulong)entries.Length)
        {
            positions.KnownTail = Volatile.Read(ref positions.Tail);
            if (head - positions.KnownTail >= (ulong)entries.Length)
            {
                positions.Lost += entry.Target >= 0 ? entry.Count : 0;
                return false;
            }
        }

        entries[(int)head & mask] = entry;
        // The entry is complete before it becomes visible.
        Volatile.Write(ref positions.Head, head + 1);
        return true;
    }

    /// <summary>Takes the next entry; false when there is none. One thread calls this, which may be another one.</summary>
    public bool TryTake(out Observation entry)
    {
        ulong tail = positions.Tail;
        if (tail == Volatile.Read(ref positions.Head))
        {
            entry = default;
            return false;
        }

        entry = entries[(int)tail & mask];
        Volatile.Write(ref positions.Tail, tail + 1);
        return true;
    }

    /// <summary>What each side writes, on cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Positions
    {
        [FieldOffset(128)] public ulong Head;
        [FieldOffset(136)] public ulong KnownTail;
        [FieldOffset(144)] public ulong Lost;
        [FieldOffset(256)] public ulong Tail;
    }
}
