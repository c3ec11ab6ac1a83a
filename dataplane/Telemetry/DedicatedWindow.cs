using System.Numerics;
using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>
/// Which dedicated frames of one sender arrived on one way, and how many did not. One thread observes; counters are read by any.
/// </summary>
public sealed class DedicatedWindow
{
    private const int Width = 64;

    private uint highest;
    private ulong seen;
    private int tracked;
    private ulong received;
    private ulong lost;
    private ulong duplicate;

    /// <summary>What a beacon says of it.</summary>
    public DedicatedArrivals Arrivals => new(highest, seen);

    /// <summary>Frames that arrived, duplicates included.</summary>
    public ulong Received => Volatile.Read(ref received);

    /// <summary>Numbers that more than 64 newer ones were seen of before they came.</summary>
    public ulong Lost => Volatile.Read(ref lost);

    /// <summary>Frames whose number had arrived before.</summary>
    public ulong Duplicate => Volatile.Read(ref duplicate);

    /// <summary>Counts a frame.</summary>
    public void Observe(uint number)
    {
        received++;
        int ahead = seen == 0 ? 0 : (int)(number - highest);
        if (seen == 0)
            (highest, seen, tracked) = (number, 1, 1);
        else if (ahead > 0)
            Advance((uint)ahead);
        else if (ahead > -Width && (seen >> -ahead & 1) == 0)
            (seen, tracked) = (seen | 1ul << -ahead, Math.Max(tracked, 1 - ahead));
        else
            duplicate++;
    }

    private void Advance(uint ahead)
    {
        int arrived = BitOperations.PopCount(seen);
        long all = tracked + (long)ahead;
        highest += ahead;
        seen = ahead < Width ? seen << (int)ahead : 0;
        tracked = (int)Math.Min(all, Width);
        lost += (ulong)(all - tracked - (arrived - BitOperations.PopCount(seen)));
        seen |= 1;
    }
}
