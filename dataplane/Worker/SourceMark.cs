using System.Runtime.CompilerServices;
using OppTel.Dpdk;
using OppTel.Wire;

namespace OppTel.Worker;

/// <summary>
/// The mark of a host's carriers and control frames: one bit of their source address. Hosts mark nothing but what they send with
/// their own address and append a trailer to, so it is taken back with the trailer and never without.
/// </summary>
internal static unsafe class SourceMark
{
    /// <summary>The bit in the first octet of the address.</summary>
    private const byte Bit = 2;

    private const int SourceAddress = 6;

    /// <summary>Restores the source address of a frame whose trailer was cut off.</summary>
    /// <param name="lane">Where it came from.</param>
    /// <param name="head">Its bytes 6 to 13: the address in the low six.</param>
    /// <param name="mbuf">The frame.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TakeBack(in Lane lane, ulong head, RteMbuf* mbuf)
    {
        if (lane.HostAddress != 0 && (head & WireFormat.Mask48) == (lane.HostAddress ^ Bit))
            mbuf->Data[SourceAddress] ^= Bit;
    }

    /// <summary>Whether somebody else than the lane's host sent a control frame, marked or not.</summary>
    /// <param name="lane">Where it came from.</param>
    /// <param name="head">Its bytes 6 to 13.</param>
    public static bool IsForeign(in Lane lane, ulong head) =>
        lane.HostAddress != 0 && ((head ^ lane.HostAddress) & WireFormat.Mask48 & ~(ulong)Bit) != 0;
}
