using OppTel.Wire;

namespace OppTel.Host.Control;

/// <summary>
/// How long the host may append, by the beacons of one DPU. A beacon may be held up for as long as a lease, as on a busy host; one that
/// was for longer, on the way or in our own socket while this process stood still, grants that much less, since its DPU may be gone. The
/// beacon that came fastest tells how long that is, without a common clock. Times are nanoseconds; it has no clock of its own.
/// </summary>
/// <param name="longest">Longest lease, whatever a beacon grants, and longest time that one may be held up for nothing.</param>
public sealed class LeaseKeeper(ulong longest)
{
    /// <summary>A DPU that is silent for this long is gone.</summary>
    public const ulong PeerTimeout = 1_000_000_000;

    /// <summary>The fastest beacon of the last two such windows counts: clocks drift by about a millisecond in that time.</summary>
    private const ulong Window = 10_000_000_000;

    private const BeaconFlags Known = BeaconFlags.Tags | BeaconFlags.Mark;
    private ulong heard;
    private ulong sender;
    private ulong windowStart;
    private long fastest;
    private long fastestBefore;

    /// <summary>When the lease ends; 0 for none.</summary>
    public ulong Until { get; private set; }

    /// <summary>Whether a beacon came within the last second.</summary>
    public bool Hears(ulong now) => heard != 0 && now - heard < PeerTimeout;

    /// <summary>Obeys a beacon that was accepted.</summary>
    /// <param name="beacon">Its fixed part.</param>
    /// <param name="from">Instance of the DPU.</param>
    /// <param name="isUnderstood">Whether the DPU has the catalog that trailers are stamped with: without it nobody could read what would be appended.</param>
    /// <param name="now">The host's clock.</param>
    public void Obey(in Beacon beacon, ulong from, bool isUnderstood, ulong now)
    {
        heard = now;
        ulong held = HeldUp(from, (long)(now - beacon.Time), now);
        ulong lease = Math.Min(beacon.LeaseMilliseconds * 1_000_000ul, longest);
        ulong late = held > longest ? held - longest : 0;
        bool isObeyed = isUnderstood && (beacon.Flags & ~Known) == 0;
        Until = isObeyed && lease > late ? now + lease - late : 0;
    }

    /// <summary>Ends the lease.</summary>
    public void End() => Until = 0;

    /// <summary>How much longer than the fastest one a beacon took.</summary>
    /// <param name="from">Instance of the DPU.</param>
    /// <param name="difference">The host's clock on arrival minus the DPU's when it was sent.</param>
    /// <param name="now">The host's clock.</param>
    private ulong HeldUp(ulong from, long difference, ulong now)
    {
        if (from != sender)
        {
            (sender, windowStart) = (from, now);
            fastest = fastestBefore = difference;
        }

        if (now - windowStart >= Window)
        {
            (fastestBefore, windowStart) = (fastest, now);
            fastest = difference;
        }

        fastest = Math.Min(fastest, difference);
        return (ulong)(difference - Math.Min(fastest, fastestBefore));
    }
}
