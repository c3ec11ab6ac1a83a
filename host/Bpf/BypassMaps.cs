namespace OppTel.Bpf;

/// <summary><c>struct opptel_bypass_route</c> of <c>bpf/include/opptel/bypass.h</c>: where the bypass of one port sends.</summary>
public struct BypassRoute
{
    /// <summary>Interface index of the other port.</summary>
    public uint Peer;

    /// <summary>Not 0: trailers are taken off.</summary>
    public uint FromHost;
}

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
