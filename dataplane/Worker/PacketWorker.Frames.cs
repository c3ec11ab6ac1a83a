using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Wire;
using OppTel.Wire.Tunnels;

namespace OppTel.Worker;

/// <summary>What a worker does with the few frames of a burst that are not just passed on.</summary>
public sealed unsafe partial class PacketWorker
{
    private const ushort Magic = WireFormat.Magic;

    /// <summary>The EtherType as a little-endian load sees it.</summary>
    private const ushort ControlEtherType = (EtherType.Control >> 8) | ((EtherType.Control & 0xFF) << 8);

    private const int MinimumHeader = 14;

    /// <summary>No Ethernet frame is longer: the length of an L3 packet has 16 bits.</summary>
    private const int ScratchSize = 65536 + 64;

    /// <summary>Nearest-bridge group address 01-80-C2-00-00-0E as the low six bytes of a little-endian word.</summary>
    private const ulong ControlGroup = 0x0E00_00C2_8001;

    /// <summary>
    /// Collects the bytes that decide: those that end in the EtherType (6 to 13) and, from the host side, the last eight of
    /// every frame. A frame too short to have them gets zero, which is nobody's EtherType and no magic.
    /// </summary>
    /// <returns>Bytes of the whole burst.</returns>
    private ulong Gather(int count, bool withTails)
    {
        ulong bytes = 0;
        for (int index = 0; index < count; index++)
        {
            RteMbuf* mbuf = burst[index];
            byte* data = mbuf->Data;
            bytes += mbuf->PktLen;
            heads[index] = mbuf->DataLen >= MinimumHeader ? *(ulong*)(data + MinimumHeader - sizeof(ulong)) : 0;
            if (!withTails)
                continue;
            if (mbuf->NbSegs == 1 && mbuf->DataLen >= sizeof(ulong))
                tails[index] = *(ulong*)(data + mbuf->DataLen - sizeof(ulong));
            else
                tails[index] = TailAcrossSegments(mbuf);
        }

        return bytes;
    }

    private static ulong TailAcrossSegments(RteMbuf* mbuf)
    {
        ulong tail = 0;
        return mbuf->PktLen >= sizeof(ulong)
            && PacketIo.TryCopy(mbuf, mbuf->PktLen - sizeof(ulong), new Span<byte>(&tail, sizeof(ulong))) ? tail : 0;
    }

    /// <summary>Looks at every candidate; cuts the trailers off and hands them over.</summary>
    /// <returns>Bytes cut.</returns>
    private ulong Strip(ref Lane lane, uint candidates, ulong arrival)
    {
        ulong cut = 0;
        for (; candidates != 0; candidates &= candidates - 1)
        {
            int index = System.Numerics.BitOperations.TrailingZeroCount(candidates);
            RteMbuf* mbuf = burst[index];
            ReadOnlySpan<byte> frame = View(mbuf);
            StripReason reason = Trailer.Inspect(frame, tunnels, out int length, out OuterHeaders outer);
            if (reason == StripReason.Stripped && lane.Tags != null && !HasRightTag(ref lane, frame[^length..]))
                reason = StripReason.BadTag;
            if (reason == StripReason.Stripped && outer.IsTunnel && !TryShorten(mbuf, outer, length))
                reason = StripReason.BadTunnel;
            if (reason != StripReason.Stripped)
            {
                // A dedicated frame ends in the trailer that it is for.
                if (reason == StripReason.NotAtL3End && ControlFrame.IsOurs(frame))
                    continue;
                lane.Rx[(int)PortCounter.Rejected + (int)reason]++;
                continue;
            }

            Account(ref lane, frame[^length..], arrival, outer.IsTunnel);
            Cut(mbuf, frame.Length - length);
            SourceMark.TakeBack(lane, heads[index], mbuf);
            cut += (ulong)length;
        }

        return cut;
    }

    private static bool HasRightTag(ref Lane lane, ReadOnlySpan<byte> trailer)
    {
        lane.Tags->Refresh(ref lane.KeysSequence, ref lane.Keys);
        return lane.Keys.Accept(trailer);
    }

    /// <summary>Hands a trailer over and counts it.</summary>
    private void Account(ref Lane lane, ReadOnlySpan<byte> trailer, ulong arrival, bool isTunnelled)
    {
        if (!TryHandOver(RecordKind.Trailer, lane.SegmentPort, arrival, trailer))
            lane.Rx[(int)PortCounter.HandoverLost]++;
        lane.Rx[(int)PortCounter.Carriers]++;
        lane.Rx[(int)PortCounter.TrailerBytes] += (ulong)trailer.Length;
        if (isTunnelled)
            lane.Rx[(int)PortCounter.Tunnelled]++;
    }

    /// <summary>Mends the headers around a frame that loses its trailer; false when they are not in one piece.</summary>
    private static bool TryShorten(RteMbuf* mbuf, in OuterHeaders outer, int length)
    {
        if (mbuf->DataLen < outer.Datagram + OuterHeaders.Udp)
            return false;
        OuterLengths.Shorten(new Span<byte>(mbuf->Data, mbuf->DataLen), outer, length);
        return true;
    }

    /// <summary>
    /// Takes control frames out of the burst and keeps the order of the others. From the host they are handed over; nobody
    /// on the network has a right to send any.
    /// </summary>
    /// <returns>Bytes taken.</returns>
    private ulong TakeControl(ref Lane lane, uint control, ulong arrival, ref int count)
    {
        ulong taken = 0;
        int kept = 0;
        for (int index = 0; index < count; index++)
        {
            RteMbuf* mbuf = burst[index];
            uint bytes = mbuf->PktLen;
            if ((control >> index & 1) != 0 && TryTakeControl(ref lane, mbuf, arrival))
                taken += bytes;
            else
                burst[kept++] = mbuf;
        }

        count = kept;
        return taken;
    }

    /// <summary>Takes one frame when it is one of control; it is freed then.</summary>
    private bool TryTakeControl(ref Lane lane, RteMbuf* mbuf, ulong arrival)
    {
        if ((*(ulong*)mbuf->Data & WireFormat.Mask48) != ControlGroup)
            return false;
        PortCounter fate = !lane.FromHost ? PortCounter.ControlDropped
            : SourceMark.IsForeign(lane, *(ulong*)(mbuf->Data + MinimumHeader - sizeof(ulong))) ? PortCounter.ControlForeign
            : TryHandOver(RecordKind.Control, lane.SegmentPort, arrival, View(mbuf)) ? PortCounter.ControlFrames
            : PortCounter.ControlLost;
        lane.Rx[(int)fate]++;
        PacketIo.Free(&mbuf, 1);
        return true;
    }

    private bool TryHandOver(RecordKind kind, ushort port, ulong arrival, ReadOnlySpan<byte> bytes)
    {
        Span<byte> room = ring.TryReserve(kind, port, arrival, bytes.Length);
        return bytes.TryCopyTo(room) && room.Length != 0;
    }

    /// <summary>The whole frame in one piece: in place, or copied when it lies in several segments.</summary>
    private ReadOnlySpan<byte> View(RteMbuf* mbuf)
    {
        if (mbuf->NbSegs == 1)
            return new ReadOnlySpan<byte>(mbuf->Data, mbuf->DataLen);
        Span<byte> copy = new(scratch, (int)Math.Min(mbuf->PktLen, ScratchSize));
        return PacketIo.TryCopy(mbuf, 0, copy) ? copy : [];
    }

    private static void Cut(RteMbuf* mbuf, int length)
    {
        if (mbuf->NbSegs != 1)
        {
            _ = PacketIo.TryTruncate(mbuf, (uint)length);
            return;
        }

        mbuf->DataLen = (ushort)length;
        mbuf->PktLen = (uint)length;
    }
}
