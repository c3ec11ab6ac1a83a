using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Wire;
using OppTel.Wire.Tunnels;
using OppTel.Worker.Tunnels;

namespace OppTel.Worker;

/// <summary>
/// Datagrams of tunnels that came in fragments: they wait for their last one, and then leave together, without the trailer that may be at
/// the end. What does not come in order, and in time, leaves as it is. A datagram is whole when its last fragment arrives, and that one
/// never waits: so no datagram overtakes another.
/// </summary>
public sealed unsafe partial class PacketWorker
{
    /// <summary>Mbufs that wait at most on each queue of a host's port.</summary>
    public const int MostHeld = FragmentTable.MostHeld;

    // First two bytes of flags and offset, or IPv6's next header, stand at the same place.
    private const int FragmentBytes = 20;
    private const ushort Ipv4FragmentMask = 0xFF3F;
    private const ushort Ipv4Memory = 0x0008;
    private const ushort Ipv6Memory = 0xDD86;
    private const ushort VlanMemory = 0x0081;
    private const ushort ServiceVlanMemory = 0xA888;

    private readonly RteMbuf** outgoing;
    private readonly TunnelPorts tunnels;
    private readonly ulong fragmentTimeout;
    private int leaving;
    private int held;

    /// <summary>Bit i is set when frame i of the burst is an IP fragment.</summary>
    private uint FindFragments(int count)
    {
        uint mask = 0;
        for (int index = 0; index < count; index++)
        {
            RteMbuf* mbuf = burst[index];
            ushort type = (ushort)(heads[index] >> 48), word = mbuf->DataLen > FragmentBytes + 1 ? *(ushort*)(mbuf->Data + FragmentBytes) : (ushort)0;
            bool isFragment = (type == Ipv4Memory && (word & Ipv4FragmentMask) != 0) || (type == Ipv6Memory && (byte)word == Fragment.Header)
                || (type is VlanMemory or ServiceVlanMemory && mbuf->NbSegs == 1 && Fragment.TryRead(HeldDatagram.Frame(mbuf), out _));
            mask |= isFragment ? 1u << index : 0;
        }

        return mask;
    }

    /// <summary>Puts together what leaves of a burst with fragments in it, frame by frame: trailers are handed over in the order in which they came.</summary>
    /// <returns>Bytes of the frames in <see cref="outgoing"/>.</returns>
    private ulong Arrange(ref Lane lane, int count, uint fragments, uint carriers, uint control, ulong arrival)
    {
        leaving = 0;
        for (int index = 0; index < count; index++)
        {
            RteMbuf* mbuf = burst[index];
            uint bit = 1u << index;
            if ((fragments & bit) != 0 && TryHold(ref lane, mbuf, arrival))
                continue;
            if ((carriers & bit) != 0)
                _ = Strip(ref lane, bit, arrival);
            if ((control & bit) == 0 || !TryTakeControl(ref lane, mbuf, arrival))
                outgoing[leaving++] = mbuf;
        }

        return BytesLeaving();
    }

    /// <summary>Whether a fragment belongs to a datagram that is held, or does from now on.</summary>
    private bool TryHold(ref Lane lane, RteMbuf* mbuf, ulong arrival)
    {
        FragmentTable table = lane.Fragments!;
        Span<byte> frame = HeldDatagram.Frame(mbuf);
        if (mbuf->NbSegs != 1 || !Fragment.TryRead(frame, out Fragment fragment))
            return false;
        FragmentKey key = FragmentKey.Read(frame, fragment);
        int place = table.Find(key);
        if (place < 0 && !TryOpen(ref lane, frame, fragment, key, arrival, out place))
            return false;
        ref HeldDatagram datagram = ref table[place];
        if (!datagram.Takes(fragment, out FragmentFate fate))
        {
            Release(ref lane, place, fate);
            return false;
        }

        datagram.Add(mbuf, fragment);
        if (!fragment.HasMore)
            Finish(ref lane, place, arrival);
        return true;
    }

    private bool TryOpen(ref Lane lane, ReadOnlySpan<byte> frame, in Fragment fragment, in FragmentKey key, ulong arrival, out int place)
    {
        place = -1;
        FragmentTable table = lane.Fragments!;
        if (!fragment.BeginsTunnel(frame[fragment.Data..], tunnels, out bool isTiny))
        {
            if (isTiny)
                lane.Rx[(int)PortCounter.FragmentsReleased + (int)FragmentFate.Tiny]++;
            return false;
        }

        if (table.IsFull)
            Release(ref lane, table.Oldest(), FragmentFate.Evicted);
        place = table.Open(key, arrival);
        held++;
        return true;
    }

    /// <summary>All fragments are there.</summary>
    private void Finish(ref Lane lane, int place, ulong arrival)
    {
        ref HeldDatagram datagram = ref lane.Fragments![place];
        lane.Rx[(int)PortCounter.FragmentedDatagrams]++;
        Span<byte> room = new(scratch, ScratchSize);
        if (FragmentedFrame.MayEndIn(datagram, Magic) && FragmentedFrame.TryAssemble(datagram, room, out int length))
        {
            ReadOnlySpan<byte> frame = room[..length];
            StripReason reason = Trailer.Inspect(frame, tunnels, out int cut, out OuterHeaders outer);
            if (reason == StripReason.Stripped && lane.Tags != null && !HasRightTag(ref lane, frame[^cut..]))
                reason = StripReason.BadTag;
            if (reason == StripReason.Stripped && outer.IsTunnel)
            {
                Account(ref lane, frame[^cut..], arrival, isTunnelled: true);
                FragmentedFrame.Cut(ref datagram, cut);
            }
            else if (reason != StripReason.NoTrailer)
            {
                lane.Rx[(int)PortCounter.Rejected + (int)reason]++;
            }
        }

        Leave(ref lane, place);
    }

    /// <summary>Lets go of fragments as they came.</summary>
    private void Release(ref Lane lane, int place, FragmentFate fate)
    {
        lane.Rx[(int)PortCounter.FragmentsReleased + (int)fate]++;
        Leave(ref lane, place);
    }

    private void Leave(ref Lane lane, int place)
    {
        ref HeldDatagram datagram = ref lane.Fragments![place];
        for (int index = 0; index < datagram.Count; index++)
            outgoing[leaving++] = datagram[index];
        lane.Fragments.Close(place);
        held--;
    }

    /// <summary>Sends what has waited too long; everything when <paramref name="now"/> is the end of time.</summary>
    private void ReleaseLate(ulong now)
    {
        foreach (ref Lane lane in lanes.AsSpan())
        {
            leaving = 0;
            while (lane.Fragments is { IsEmpty: false } table && table.Oldest() is int oldest && now - table[oldest].Since >= fragmentTimeout)
                Release(ref lane, oldest, FragmentFate.TimedOut);
            if (leaving != 0)
                Send(ref lane, outgoing, leaving, BytesLeaving());
        }
    }

    private ulong BytesLeaving()
    {
        ulong bytes = 0;
        for (int index = 0; index < leaving; index++)
            bytes += outgoing[index]->PktLen;
        return bytes;
    }
}
