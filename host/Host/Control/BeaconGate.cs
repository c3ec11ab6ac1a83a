using OppTel.Wire;

namespace OppTel.Host.Control;

/// <summary>What became of a received control frame; a metric label in snake case.</summary>
public enum BeaconVerdict
{
    /// <summary>Fresh and authentic.</summary>
    Accepted,

    /// <summary>Not a control frame, or a short one.</summary>
    Malformed,

    /// <summary>A control frame of another kind.</summary>
    OtherKind,

    /// <summary>The keyed tag is wrong.</summary>
    BadTag,

    /// <summary>Its counter is not above the last one of its instance.</summary>
    Replayed,
}

/// <summary>
/// Accepts beacons of one DPU: right tag, rising counter. A restarted DPU comes with another instance; the one before it is
/// not accepted again, so that a recorded beacon of its time cannot extend a lease.
/// </summary>
/// <param name="key">The secret that host and DPU share.</param>
public sealed class BeaconGate(ControlKey key)
{
    private const int EthernetHeader = 14;
    private const int RememberedInstances = 64;
    private readonly Queue<ulong> past = new();
    private ulong instance;
    private ulong counter;

    /// <summary>Instance of the DPU that is followed; 0 before the first beacon.</summary>
    public ulong Sender => instance;

    /// <summary>Judges one frame.</summary>
    /// <param name="frame">An Ethernet frame, possibly padded.</param>
    /// <param name="beacon">The beacon when accepted.</param>
    public BeaconVerdict Judge(ReadOnlySpan<byte> frame, out Beacon beacon) => Judge(frame, out beacon, out _);

    /// <summary>Judges one frame.</summary>
    /// <param name="frame">An Ethernet frame, possibly padded.</param>
    /// <param name="beacon">The beacon when accepted.</param>
    /// <param name="payload">Its bytes then, entries included.</param>
    public BeaconVerdict Judge(ReadOnlySpan<byte> frame, out Beacon beacon, out ReadOnlySpan<byte> payload)
    {
        beacon = default;
        payload = default;
        if (frame.Length < EthernetHeader || !ControlHeader.TryRead(frame[EthernetHeader..], out ControlHeader header))
            return BeaconVerdict.Malformed;
        if (header.Kind != ControlKind.Beacon)
            return BeaconVerdict.OtherKind;
        ReadOnlySpan<byte> packet = frame.Slice(EthernetHeader, ControlHeader.Size + header.PayloadLength);
        if (!key.Verify(packet))
            return BeaconVerdict.BadTag;
        if (header.Instance == instance ? header.Counter <= counter : past.Contains(header.Instance))
            return BeaconVerdict.Replayed;
        if (!Beacon.TryRead(packet[ControlHeader.Size..], out beacon))
            return BeaconVerdict.Malformed;
        if (header.Instance != instance)
            Follow(header.Instance);
        counter = header.Counter;
        payload = packet[ControlHeader.Size..];
        return BeaconVerdict.Accepted;
    }

    private void Follow(ulong next)
    {
        past.Enqueue(instance);
        if (past.Count > RememberedInstances)
            past.Dequeue();
        instance = next;
    }
}
