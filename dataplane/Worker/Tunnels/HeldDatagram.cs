using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Wire.Tunnels;

namespace OppTel.Worker.Tunnels;

/// <summary>Fragments of one datagram, from the first on and without a hole.</summary>
internal unsafe struct HeldDatagram
{
    /// <summary>Most fragments of one: an inner packet of 9000 bytes in outer ones of 1400 has seven.</summary>
    public const int MostFragments = 8;

    /// <summary>Longest payload of an IPv4 packet.</summary>
    private const int MostBytes = 65535 - 20;

    private fixed ulong mbufs[MostFragments];

    /// <summary>What they share.</summary>
    public FragmentKey Key;

    /// <summary>CLOCK_BOOTTIME ns when the first one came.</summary>
    public ulong Since;

    /// <summary>How many there are.</summary>
    public int Count;

    /// <summary>Bytes of the packet's payload that they hold.</summary>
    public int End;

    /// <summary>The fragment at a place, counted from 0.</summary>
    public readonly RteMbuf* this[int index] => (RteMbuf*)mbufs[index];

    /// <summary>The last fragment that there is.</summary>
    public readonly RteMbuf* Last => this[Count - 1];

    /// <summary>Whether a fragment follows what is there; else why not.</summary>
    public readonly bool Takes(in Fragment fragment, out FragmentFate fate)
    {
        fate = fragment.Offset < End ? FragmentFate.Overlap : fragment.Offset > End ? FragmentFate.Gap : FragmentFate.TooMany;
        return fragment.Offset == End && Count < MostFragments && fragment.End <= MostBytes;
    }

    /// <summary>Adds what <see cref="Takes"/> accepted.</summary>
    public void Add(RteMbuf* mbuf, in Fragment fragment)
    {
        mbufs[Count++] = (ulong)mbuf;
        End = fragment.End;
    }

    /// <summary>Bytes of a fragment's frame.</summary>
    public static Span<byte> Frame(RteMbuf* mbuf) => new(mbuf->Data, mbuf->DataLen);
}
