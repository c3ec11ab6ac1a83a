using OppTel.Wire;

namespace OppTel.Host.Control;

/// <summary>
/// Accepts beacons of one DPU: right tag, rising counter. A beacon that names this host's instance was made in this daemon's life, and so proves
/// that its DPU lives. A DPU that proves it takes the place of every other one that was not heard with a later beacon, for good: what was recorded of
/// those is refused from then on. One that does not, as it may just have started or be a record of an earlier time, is listened to only while nobody's lease lasts,
/// and never keeps another one out. Has no clock of its own.
/// </summary>
/// <param name="key">The secret that host and DPU share.</param>
/// <param name="host">This host's instance; 0 takes every new DPU for living.</param>
public sealed class BeaconGate(ControlKey key, ulong host = 0)
{
    private const int EthernetHeader = ControlFrame.EthernetHeader;
    private const int RememberedPast = 1024;
    private const int RememberedOthers = 16;
    private const ulong Millisecond = 1_000_000;
    private readonly Queue<ulong> past = new();
    private readonly List<(ulong Instance, ulong Counter, ulong Time)> others = [];
    private ulong counter;
    private ulong time;
    private ulong leasedUntil;
    private ulong proven;
    private bool isProven;

    /// <summary>The key that the beacon accepted last was signed with; null before the first one.</summary>
    public SecretKey? Signer { get; private set; }

    /// <summary>The echo of the beacon accepted last, for what the host sends; 0 before the first one.</summary>
    public uint Echo { get; private set; }

    /// <summary>Who sent the beacon that was accepted last; 0 for nobody yet.</summary>
    public ulong Instance { get; private set; }

    /// <summary>Judges one frame, whatever lease lasts.</summary>
    /// <param name="frame">An Ethernet frame, possibly padded.</param>
    /// <param name="beacon">The beacon when accepted.</param>
    public BeaconVerdict Judge(ReadOnlySpan<byte> frame, out Beacon beacon) => Judge(frame, out beacon, out _);

    /// <summary>Judges one frame, whatever lease lasts.</summary>
    /// <param name="frame">An Ethernet frame, possibly padded.</param>
    /// <param name="beacon">The beacon when accepted.</param>
    /// <param name="payload">Its bytes then, entries included.</param>
    public BeaconVerdict Judge(ReadOnlySpan<byte> frame, out Beacon beacon, out ReadOnlySpan<byte> payload) => Judge(frame, ulong.MaxValue, out beacon, out payload);

    /// <summary>Judges one frame.</summary>
    /// <param name="frame">An Ethernet frame, possibly padded.</param>
    /// <param name="now">CLOCK_BOOTTIME ns.</param>
    /// <param name="beacon">The beacon when accepted.</param>
    /// <param name="payload">Its bytes then, entries included.</param>
    public BeaconVerdict Judge(ReadOnlySpan<byte> frame, ulong now, out Beacon beacon, out ReadOnlySpan<byte> payload)
    {
        beacon = default;
        payload = default;
        return frame.Length < EthernetHeader ? BeaconVerdict.Malformed : Judge(frame[EthernetHeader..], isDatagram: false, now, out beacon, out payload);
    }

    /// <summary>Judges what came in a datagram.</summary>
    /// <param name="bytes">A control packet, possibly padded.</param>
    /// <param name="beacon">The beacon when accepted.</param>
    public BeaconVerdict JudgeDatagram(ReadOnlySpan<byte> bytes, out Beacon beacon) => Judge(bytes, isDatagram: true, ulong.MaxValue, out beacon, out _);

    private BeaconVerdict Judge(ReadOnlySpan<byte> bytes, bool isDatagram, ulong now, out Beacon beacon, out ReadOnlySpan<byte> payload)
    {
        beacon = default;
        payload = default;
        if (!ControlHeader.TryRead(bytes, out ControlHeader header))
            return BeaconVerdict.Malformed;
        if (header.Kind != ControlKind.Beacon || header.IsDatagram != isDatagram)
            return BeaconVerdict.OtherKind;
        ReadOnlySpan<byte> packet = bytes[..(ControlHeader.Size + header.PayloadLength)];
        if (!key.Verify(packet, out SecretKey? signer))
            return BeaconVerdict.BadTag;
        if (!Beacon.TryRead(packet[ControlHeader.Size..], out beacon))
            return BeaconVerdict.Malformed;
        bool proves = host == 0 || beacon.HostInstance == host;
        BeaconVerdict verdict = JudgeSender(header, now, proves);
        if (verdict == BeaconVerdict.Accepted && (beacon.Flags & BeaconFlags.Tags) != 0 && !key.IsSecret)
            verdict = BeaconVerdict.NoKey;
        if (verdict != BeaconVerdict.Accepted)
            return verdict;
        Accept(header, beacon.Time, proves);
        if (proves)
            leasedUntil = now + (beacon.LeaseMilliseconds * Millisecond);
        Signer = signer;
        Echo = BeaconEcho.Of(beacon.Time, header.Instance);
        payload = packet[ControlHeader.Size..];
        return BeaconVerdict.Accepted;
    }

    private BeaconVerdict JudgeSender(in ControlHeader header, ulong now, bool proves)
    {
        ulong sender = header.Instance;
        if (sender == Instance)
            return header.Counter > counter ? BeaconVerdict.Accepted : BeaconVerdict.Replayed;
        if (past.Contains(sender))
            return BeaconVerdict.Replayed;
        int known = others.FindIndex(other => other.Instance == sender);
        if (known >= 0 && header.Counter <= others[known].Counter)
            return BeaconVerdict.Replayed;
        return !proves && isProven && now < leasedUntil ? BeaconVerdict.Unproven : BeaconVerdict.Accepted;
    }

    private void Accept(in ControlHeader header, ulong sent, bool proves)
    {
        ulong sender = header.Instance;
        if (sender != Instance)
        {
            others.RemoveAll(other => other.Instance == sender);
            if (Instance != 0)
                others.Add((Instance, counter, time));
            // The one that proved itself last granted leases: its records must never be news.
            if (others.Count > RememberedOthers)
                others.RemoveAt(others[0].Instance == proven ? 1 : 0);
            Instance = sender;
            isProven = false;
        }

        (counter, time) = (header.Counter, sent);
        if (!proves)
            return;
        isProven = true;
        proven = sender;
        // The last beacon of one that is gone may come behind the first of the next one, which must not be shut out for that.
        foreach ((ulong other, _, _) in others.Where(other => other.Time <= sent))
            past.Enqueue(other);
        others.RemoveAll(other => other.Time <= sent);
        while (past.Count > RememberedPast)
            past.Dequeue();
    }
}
