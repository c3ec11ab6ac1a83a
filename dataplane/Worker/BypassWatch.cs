namespace OppTel.Worker;

/// <summary>
/// <c>struct opptel_bypass_watch</c> of <c>bpf/include/opptel/bypass.h</c>: memory that a port's bypass shares with the workers. It passes packets
/// on when the beat stands still, and the workers do not pass on again what they find copies of.
/// </summary>
public struct BypassWatch
{
    /// <summary>Written by workers: another number whenever one advances.</summary>
    public ulong Beat;

    /// <summary>Packets that were passed on because none did.</summary>
    public ulong Passed;

    /// <summary>The bypass's own: the beat that the last packet found.</summary>
    public ulong Seen;

    /// <summary>The bypass's own: when a packet found it first, in CLOCK_BOOTTIME ns.</summary>
    public ulong Since;
}
