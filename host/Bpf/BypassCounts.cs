namespace OppTel.Bpf;

/// <summary><c>struct opptel_bypass_counts</c> of <c>bpf/include/opptel/bypass.h</c>: what passed one port while no dataplane had it.</summary>
public struct BypassCounts
{
    /// <summary>Packets sent to the other port.</summary>
    public ulong Packets;

    /// <summary>Of these, packets that a trailer was taken off.</summary>
    public ulong Trimmed;

    /// <summary>Control frames that were dropped.</summary>
    public ulong Control;
}
