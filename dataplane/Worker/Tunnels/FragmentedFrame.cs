using System.Buffers.Binary;
using OppTel.Dpdk;
using OppTel.Wire.Tunnels;

namespace OppTel.Worker.Tunnels;

/// <summary>A datagram whose fragments are all there: its frame in one piece, and its fragments without a trailer at the end.</summary>
internal static unsafe class FragmentedFrame
{
    /// <summary>Puts together the frame that was fragmented. Its IPv4 header's checksum is not one.</summary>
    /// <param name="held">The fragments.</param>
    /// <param name="room">Where it goes.</param>
    /// <param name="length">Bytes of it.</param>
    /// <returns>False when it does not fit.</returns>
    public static bool TryAssemble(in HeldDatagram held, Span<byte> room, out int length)
    {
        Span<byte> first = HeldDatagram.Frame(held[0]);
        _ = Fragment.TryRead(first, out Fragment head);
        int front = head.IsIpv6 ? head.Data - Fragment.HeaderSize : head.Data;
        length = front + held.End;
        if (length > room.Length)
            return false;
        first[..front].CopyTo(room);
        Span<byte> packet = room[head.Packet..];
        if (head.IsIpv6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)held.End);
            packet[6] = head.Protocol;
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(length - head.Packet));
            packet[Fragment.Ipv4Flags..][..2].Clear();
        }

        for (int index = 0; index < held.Count; index++)
        {
            Span<byte> frame = HeldDatagram.Frame(held[index]);
            _ = Fragment.TryRead(frame, out Fragment fragment);
            frame[fragment.Data..].CopyTo(room[(front + fragment.Offset)..]);
        }

        return true;
    }

    /// <summary>Whether the datagram's last two bytes may be the magic: seldom are they not in one fragment.</summary>
    public static bool MayEndIn(in HeldDatagram held, ushort magic)
    {
        Span<byte> frame = HeldDatagram.Frame(held.Last);
        _ = Fragment.TryRead(frame, out Fragment fragment);
        return fragment.Length < sizeof(ushort) || BinaryPrimitives.ReadUInt16LittleEndian(frame[^sizeof(ushort)..]) == magic;
    }

    /// <summary>
    /// Takes a trailer off the fragments, so that they are those of the datagram that the stack would have sent without it: one that held
    /// nothing else is no more.
    /// </summary>
    public static void Cut(ref HeldDatagram held, int bytes)
    {
        int left = bytes, before = held.Count;
        for (Fragment last = Read(held.Last); last.Length <= left && held.Count > 1; last = Read(held.Last))
        {
            left -= last.Length;
            RteMbuf* mbuf = held.Last;
            PacketIo.Free(&mbuf, 1);
            held.Count--;
        }

        held.End -= bytes;
        RteMbuf* end = held.Last;
        Fragment kept = Read(end);
        Span<byte> packet = HeldDatagram.Frame(end)[kept.Packet..];
        if (held.Count < before)
            EndWith(packet, kept.IsIpv6);
        OuterLengths.ShortenPacket(packet, kept.IsIpv6, left);
        Resize(end, -left);
        Fragment first = Read(held[0]);
        OuterLengths.ShortenDatagram(HeldDatagram.Frame(held[0])[first.Data..], bytes);
        if (held.Count == 1 && first.IsIpv6)
            RemoveFragmentHeader(held[0], first);
    }

    /// <summary>Says that no more fragments follow.</summary>
    private static void EndWith(Span<byte> packet, bool isIpv6)
    {
        if (isIpv6)
            packet[OuterHeaders.Ipv6 + 3] &= 0xFE;
        else
            OuterLengths.ReplaceIpv4(packet, Fragment.Ipv4Flags, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(packet[Fragment.Ipv4Flags..]) & ~Fragment.Ipv4More));
    }

    /// <summary>What is left is a whole packet, which has no such header.</summary>
    private static void RemoveFragmentHeader(RteMbuf* mbuf, in Fragment first)
    {
        Span<byte> frame = HeldDatagram.Frame(mbuf);
        int headers = first.Packet + OuterHeaders.Ipv6;
        frame[first.Packet + 6] = first.Protocol;
        OuterLengths.ShortenPacket(frame[first.Packet..], isIpv6: true, Fragment.HeaderSize);
        frame[..headers].CopyTo(frame[Fragment.HeaderSize..]);
        mbuf->DataOff += Fragment.HeaderSize;
        Resize(mbuf, -Fragment.HeaderSize);
    }

    private static void Resize(RteMbuf* mbuf, int by)
    {
        mbuf->DataLen = (ushort)(mbuf->DataLen + by);
        mbuf->PktLen = mbuf->DataLen;
    }

    private static Fragment Read(RteMbuf* mbuf)
    {
        _ = Fragment.TryRead(HeldDatagram.Frame(mbuf), out Fragment fragment);
        return fragment;
    }
}
