using System.Buffers.Binary;
using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>What became of a control frame; numbers index counters, names in snake case are label values. Append only.</summary>
public enum ControlOutcome
{
    /// <summary>From the host, for the first time.</summary>
    Accepted = 0,

    /// <summary>Too short, of an unknown version, or with a wrong length.</summary>
    Malformed = 1,

    /// <summary>Not signed with the key.</summary>
    BadTag = 2,

    /// <summary>A kind that hosts do not send.</summary>
    UnknownKind = 3,

    /// <summary>A counter that was there before, or a sender that another one has replaced.</summary>
    Replayed = 4,
}

/// <summary>Facts about <see cref="ControlOutcome"/>.</summary>
public static class ControlOutcomes
{
    /// <summary>Number of outcomes.</summary>
    public const int Count = 5;
}

/// <summary>Lets the control frames of one port through once, if they carry the key's tag.</summary>
/// <param name="key">The secret shared with the host.</param>
public sealed class ControlGate(ControlKey key)
{
    private const int EthernetHeader = 14;

    /// <summary>Senders that are remembered as replaced.</summary>
    private const int Remembered = 64;

    private readonly Queue<ulong> replaced = new();
    private ReplayWindow window;
    private ulong instance;

    /// <summary>Judges a frame.</summary>
    /// <param name="frame">Ethernet frame without trailer; bytes behind the packet, such as padding, are ignored.</param>
    /// <param name="header">Its header, when accepted.</param>
    /// <param name="payload">Its payload, when accepted.</param>
    public ControlOutcome Admit(ReadOnlySpan<byte> frame, out ControlHeader header, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        header = default;
        if (frame.Length < EthernetHeader || BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) != EtherType.Control
            || !ControlHeader.TryRead(frame[EthernetHeader..], out header))
            return ControlOutcome.Malformed;
        ReadOnlySpan<byte> packet = frame.Slice(EthernetHeader, ControlHeader.Size + header.PayloadLength);
        if (!key.Verify(packet))
            return ControlOutcome.BadTag;
        if (header.Kind is not (ControlKind.Catalog or ControlKind.Heartbeat or ControlKind.Dedicated))
            return ControlOutcome.UnknownKind;
        // What was for a collector is a recording here.
        if (header.Recipient != 0 || !IsNew(header))
            return ControlOutcome.Replayed;
        payload = packet[ControlHeader.Size..];
        return ControlOutcome.Accepted;
    }

    private bool IsNew(in ControlHeader header)
    {
        if (header.Instance == instance)
            return window.TryAccept(header.Counter);
        if (header.Instance == 0 || replaced.Contains(header.Instance))
            return false;
        if (instance != 0)
            replaced.Enqueue(instance);
        if (replaced.Count > Remembered)
            replaced.Dequeue();
        instance = header.Instance;
        window = default;
        return window.TryAccept(header.Counter);
    }
}
