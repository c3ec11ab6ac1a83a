namespace OppTel.Telemetry;

/// <summary>
/// Accepts every counter of one sender once, as RFC 4303 does: frames may come out of order within the newest 64, older ones
/// are refused.
/// </summary>
public struct ReplayWindow
{
    private const int Width = 64;

    private ulong seen;
    private ulong highest;

    /// <summary>Whether <paramref name="counter"/> is new; remembers it.</summary>
    public bool TryAccept(ulong counter)
    {
        if (seen == 0 || counter > highest)
        {
            ulong ahead = counter - highest;
            seen = seen != 0 && ahead < Width ? (seen << (int)ahead) | 1 : 1;
            highest = counter;
            return true;
        }

        ulong behind = highest - counter;
        if (behind >= Width || (seen >> (int)behind & 1) != 0)
            return false;
        seen |= 1ul << (int)behind;
        return true;
    }
}
