using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>
/// Turns the 48-bit times of one host's trailers into a clock that does not wrap, and tells how old a trailer is. All times
/// are nanoseconds of CLOCK_BOOTTIME, the host's or the DPU's.
/// </summary>
public struct HostClock
{
    /// <summary>A smallest difference below this is a delay on the way: both sides read the same clock.</summary>
    private const long SharedClockDelay = 1_000_000_000;

    /// <summary>The smallest difference of two such windows is the offset; clocks drift by less than 10 ms in that time.</summary>
    private const long OffsetWindow = 60_000_000_000;

    private bool isAnchored;
    private long lastTime;
    private long lastArrival;
    private long windowStart;
    private long windowSmallest;
    private long previousSmallest;

    /// <summary>
    /// The DPU's clock minus the host's, in nanoseconds, as far as the quickest trailers tell it; 0 when both read the same clock.
    /// </summary>
    public readonly long Offset
    {
        get
        {
            long smallest = Math.Min(windowSmallest, previousSmallest);
            return isAnchored && smallest is < 0 or >= SharedClockDelay ? smallest : 0;
        }
    }

    /// <summary>
    /// Unwraps a footer's time: the first one to the nearest of the DPU's clock, every other one to where the host's clock must be by now.
    /// </summary>
    /// <param name="time">Modulo 2^48.</param>
    /// <param name="arrival">The DPU's clock.</param>
    /// <returns>The host's clock. May be negative: the first wrap is a guess that all later ones share.</returns>
    public long Unwrap(ulong time, ulong arrival)
    {
        long now = (long)arrival;
        long expected = isAnchored ? lastTime + (now - lastArrival) : now;
        long unwrapped = expected + SignExtend(time - (ulong)expected);
        if (!isAnchored)
        {
            isAnchored = true;
            (lastTime, lastArrival, windowStart) = (unwrapped, now, now);
            windowSmallest = previousSmallest = now - unwrapped;
        }

        if (unwrapped > lastTime)
            (lastTime, lastArrival) = (unwrapped, now);
        ObserveDifference(now, now - unwrapped);
        return unwrapped;
    }

    /// <summary>Age in nanoseconds of something read at <paramref name="time"/> of the host's clock; never negative.</summary>
    public readonly long Age(long time, ulong arrival) => Math.Max(0, (long)arrival - time - Offset);

    /// <summary>Forgets the anchor: the host may have booted since.</summary>
    public void Restart() => isAnchored = false;

    private void ObserveDifference(long now, long difference)
    {
        if (now - windowStart >= OffsetWindow)
        {
            previousSmallest = windowSmallest;
            windowSmallest = difference;
            windowStart = now;
        }

        windowSmallest = Math.Min(windowSmallest, difference);
    }

    private static long SignExtend(ulong value) => (long)((value & WireFormat.Mask48) << 16) >> 16;
}
