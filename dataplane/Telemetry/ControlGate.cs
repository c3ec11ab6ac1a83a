using System.Buffers.Binary;
using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>
/// Lets the control frames of one port through once, if they carry the key's tag. A new sender that repeats a beacon of the last seconds is a
/// living one, and takes the place of every other one for good. One that does not is taken for what it says only while nobody else is heard.
/// </summary>
/// <param name="trust">The secret shared with the host, and how fresh frames are told.</param>
public sealed class ControlGate(PortTrust trust)
{
    private const int EthernetHeader = 14;

    /// <summary>Senders that are remembered as replaced.</summary>
    private const int Remembered = 1024;

    /// <summary>Senders that were heard, and may be again.</summary>
    private const int RememberedOthers = 16;

    /// <summary>An echo may be that old: beacons come several times as often as this, unless they are configured otherwise.</summary>
    private const uint FreshMilliseconds = 6000;

    /// <summary>Who was silent for this long, in nanoseconds, may be gone.</summary>
    private const ulong Silence = 2_000_000_000;

    private readonly Queue<ulong> replaced = new();
    private readonly List<(ulong Instance, ReplayWindow Window)> others = [];
    private ReplayWindow window;
    private ulong instance;
    private ulong heard;
    private ulong fresh;
    // The newest fresh one; of a dataplane before, it is not fresh.
    private uint echo;

    /// <summary>A gate that cannot tell fresh frames from old ones: each new sender takes the place of the one before.</summary>
    public ControlGate(ControlKey key)
        : this(new PortTrust(key))
    {
    }

    /// <summary>Whom it believes.</summary>
    public PortTrust Trust { get; set; } = trust;

    /// <summary>Something else came from the sender: a host that sends trailers is not silent.</summary>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    public void Hear(ulong now) => heard = now;

    /// <summary>Judges a frame.</summary>
    /// <param name="frame">Ethernet frame without trailer; bytes behind the packet, such as padding, are ignored.</param>
    /// <param name="header">Its header, when accepted.</param>
    /// <param name="payload">Its payload, when accepted.</param>
    public ControlOutcome Admit(ReadOnlySpan<byte> frame, out ControlHeader header, out ReadOnlySpan<byte> payload) => Admit(frame, 0, out header, out payload);

    /// <summary>Judges a frame.</summary>
    /// <param name="frame">Ethernet frame without trailer; bytes behind the packet, such as padding, are ignored.</param>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    /// <param name="header">Its header, when accepted.</param>
    /// <param name="payload">Its payload, when accepted.</param>
    public ControlOutcome Admit(ReadOnlySpan<byte> frame, ulong now, out ControlHeader header, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        header = default;
        if (frame.Length < EthernetHeader || BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) != EtherType.Control
            || !ControlHeader.TryRead(frame[EthernetHeader..], out header))
            return ControlOutcome.Malformed;
        ReadOnlySpan<byte> packet = frame.Slice(EthernetHeader, ControlHeader.Size + header.PayloadLength);
        if (!Trust.Key.Verify(packet))
            return ControlOutcome.BadTag;
        // What was for a collector is a recording here.
        if (header.IsDatagram)
            return ControlOutcome.Replayed;
        if (header.Kind is not (ControlKind.Catalog or ControlKind.Heartbeat or ControlKind.Dedicated))
            return ControlOutcome.UnknownKind;
        ControlOutcome outcome = JudgeSender(header, now);
        if (outcome != ControlOutcome.Accepted)
            return outcome;
        heard = now;
        if (IsFresh(header.Echo, now) && IsLater(header.Echo, now))
            echo = header.Echo;
        payload = packet[ControlHeader.Size..];
        return ControlOutcome.Accepted;
    }

    private ControlOutcome JudgeSender(in ControlHeader header, ulong now)
    {
        ulong sender = header.Instance;
        if (sender == instance)
            return window.TryAccept(header.Counter) ? ControlOutcome.Accepted : ControlOutcome.Replayed;
        bool isAlive = Trust.Dataplane != 0 && IsFresh(header.Echo, now) && IsLater(header.Echo, now);
        // Who was taken for gone by mistake, as frames and beacons overtook each other, comes back with the next word: a record cannot know that beacon.
        if (sender == 0 || (replaced.Contains(sender) && !isAlive))
            return ControlOutcome.Replayed;
        bool isFresh = Trust.Dataplane == 0 || isAlive;
        if (!isFresh && instance != 0 && Elapsed.Between(heard, now) < Silence)
            return ControlOutcome.Stale;
        int known = others.FindIndex(other => other.Instance == sender);
        ReplayWindow its = known >= 0 ? others[known].Window : default;
        if (!its.TryAccept(header.Counter))
            return ControlOutcome.Replayed;
        Follow(sender, its, isFresh);
        return ControlOutcome.Accepted;
    }

    private bool IsFresh(uint told, ulong now) => BeaconEcho.IsFresh(told, now, Trust.Dataplane, FreshMilliseconds);

    /// <summary>Two senders can have fresh echoes when one has just ended: what it sent last may come behind the first word of the next one.</summary>
    private bool IsLater(uint told, ulong now) => !IsFresh(echo, now) || BeaconEcho.Distance(echo, told, Trust.Dataplane) > 0;

    private void Follow(ulong sender, ReplayWindow its, bool isFresh)
    {
        others.RemoveAll(other => other.Instance == sender);
        if (instance != 0)
            others.Add((instance, window));
        (instance, window) = (sender, its);
        if (isFresh)
        {
            fresh = sender;
            foreach ((ulong other, _) in others)
                replaced.Enqueue(other);
            others.Clear();
        }

        // Records of the one that was alive last must never be news.
        if (others.Count > RememberedOthers)
            others.RemoveAt(others[0].Instance == fresh ? 1 : 0);
        while (replaced.Count > Remembered)
            replaced.Dequeue();
    }
}
