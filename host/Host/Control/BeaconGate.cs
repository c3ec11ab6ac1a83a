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
    private const int EthernetHeader = ControlFrame.EthernetHeader;
    private const int RememberedInstances = 64;
    private readonly Queue<ulong> past = new();
    private ulong counter;

    /// <summary>Who sent the beacon that was accepted last; 0 for nobody yet.</summary>
    public ulong Instance { get; private set; }

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
        return frame.Length < EthernetHeader ? BeaconVerdict.Malformed : JudgePacket(frame[EthernetHeader..], out beacon, out payload);
    }

    /// <summary>Judges what follows the Ethernet header, or came in a datagram.</summary>
    /// <param name="bytes">A control packet, possibly padded.</param>
    /// <param name="beacon">The beacon when accepted.</param>
    /// <param name="payload">Its bytes then, entries included.</param>
    public BeaconVerdict JudgePacket(ReadOnlySpan<byte> bytes, out Beacon beacon, out ReadOnlySpan<byte> payload)
    {
        beacon = default;
        payload = default;
        if (!ControlHeader.TryRead(bytes, out ControlHeader header))
            return BeaconVerdict.Malformed;
        if (header.Kind != ControlKind.Beacon)
            return BeaconVerdict.OtherKind;
        ReadOnlySpan<byte> packet = bytes[..(ControlHeader.Size + header.PayloadLength)];
        if (!key.Verify(packet))
            return BeaconVerdict.BadTag;
        if (header.Instance == Instance ? header.Counter <= counter : past.Contains(header.Instance))
            return BeaconVerdict.Replayed;
        if (!Beacon.TryRead(packet[ControlHeader.Size..], out beacon))
            return BeaconVerdict.Malformed;
        if (header.Instance != Instance)
            Follow(header.Instance);
        counter = header.Counter;
        payload = packet[ControlHeader.Size..];
        return BeaconVerdict.Accepted;
    }

    private void Follow(ulong next)
    {
        past.Enqueue(Instance);
        if (past.Count > RememberedInstances)
            past.Dequeue();
        Instance = next;
    }
}
