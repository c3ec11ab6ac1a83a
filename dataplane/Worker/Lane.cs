using OppTel.Worker.Tunnels;

namespace OppTel.Worker;

/// <summary>One direction of a pair as one worker sees it: from a receive queue to a transmit queue of the same number.</summary>
public unsafe struct Lane
{
    /// <summary>DPDK port that frames come from.</summary>
    public ushort RxPort;

    /// <summary>DPDK port that they leave through.</summary>
    public ushort TxPort;

    /// <summary>Number of the receiving port in the segment.</summary>
    public ushort SegmentPort;

    /// <summary>Trailers and control frames are taken from here; from the other side frames pass untouched.</summary>
    public bool FromHost;

    /// <summary>Where carriers are marked: the host's address in the low six bytes as they lie; else 0.</summary>
    public ulong HostAddress;

    /// <summary>The keys of the tags that trailers have to carry here; null where none is required.</summary>
    public TagTable* Tags;

    /// <summary>This worker's copy of the keys.</summary>
    public TagKeys Keys;

    /// <summary>Number of that copy.</summary>
    public uint KeysSequence;

    /// <summary>Datagrams of tunnels that arrive in fragments; null where nobody looks for them.</summary>
    internal FragmentTable? Fragments;

    /// <summary>What the bypass of the receiving port shares, where it gets copies of frames; null where it gets the frames.</summary>
    public BypassWatch* Watch;

    /// <summary>How many packets that bypass had passed on when this worker last looked.</summary>
    public ulong PassedBefore;

    /// <summary>This worker's counters of the receiving port, by <see cref="Segment.PortCounter"/>.</summary>
    public ulong* Rx;

    /// <summary>This worker's counters of the sending port.</summary>
    public ulong* Tx;
}
