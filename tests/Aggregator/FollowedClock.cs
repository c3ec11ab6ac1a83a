using OppTel.Telemetry;

namespace OppTel.Aggregator.Tests;

/// <summary>A clock of a host whose every trailer is believed.</summary>
internal static class FollowedClock
{
    /// <summary>Unwraps a trailer's time and learns from it.</summary>
    public static long Follow(this HostClock clock, ulong time, ulong arrival)
    {
        long stamp = clock.Unwrap(time, arrival);
        clock.Observe(stamp, arrival);
        return stamp;
    }
}
