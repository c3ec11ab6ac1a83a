namespace OppTel.Host.Fallback;

/// <summary>What the daemon sees at one moment.</summary>
/// <param name="Elapsed">Nanoseconds since the moment before, as far as anybody looked.</param>
/// <param name="IsHeard">Whether beacons come.</param>
/// <param name="HasLease">Whether one of them grants a lease that lasts.</param>
/// <param name="Loss">Share of the trailers of late that did not arrive, 0 to 1; null when too few left to tell.</param>
/// <param name="HasMoved">Whether a trailer left since the moment before, on a carrier or a heartbeat.</param>
public readonly record struct FallbackObservation(long Elapsed, bool IsHeard, bool HasLease, double? Loss, bool HasMoved)
{
    /// <summary>Whether there is a dataplane that takes what arrives.</summary>
    public bool IsPresent => IsHeard && HasLease;
}
