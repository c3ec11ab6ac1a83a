using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using OppTel.Wire.Tunnels;

namespace OppTel.Wire;

/// <summary>Recognises trailers. Section 4 of <c>bpf/WIRE.md</c>: the order of the tests decides which reason is counted.</summary>
public static class Trailer
{
    /// <summary>
    /// Decides whether <paramref name="frame"/> ends in a valid trailer that starts exactly where its L3 packet ends.
    /// </summary>
    /// <param name="frame">An Ethernet frame without FCS, in one piece.</param>
    /// <param name="length">Bytes to cut from the end; zero unless the result is <see cref="StripReason.Stripped"/>.</param>
    /// <returns><see cref="StripReason.Stripped"/>, or why the frame has to stay as it is.</returns>
    public static StripReason Inspect(ReadOnlySpan<byte> frame, out int length)
    {
        length = 0;
        StripReason shape = CheckFooter(frame, frame.Length, out int claimed);
        if (shape != StripReason.Stripped)
            return shape;
        if (!L3.TryFindEnd(frame, out int end))
            return StripReason.UnknownL3;
        if (end != frame.Length - claimed)
            return StripReason.NotAtL3End;
        if (!IsNeutral(frame[end..]))
            return StripReason.BadChecksum;
        length = claimed;
        return StripReason.Stripped;
    }

    /// <summary>The same for frames of tunnels too, whose trailer ends the frame inside the outer datagram.</summary>
    /// <param name="frame">An Ethernet frame without FCS, in one piece.</param>
    /// <param name="ports">Where tunnels go.</param>
    /// <param name="length">Bytes to cut from the end; zero unless the result is <see cref="StripReason.Stripped"/>.</param>
    /// <param name="outer">What is around a trailer in a tunnel, to be made shorter by as much; else empty.</param>
    public static StripReason Inspect(ReadOnlySpan<byte> frame, TunnelPorts ports, out int length, out OuterHeaders outer)
    {
        StripReason reason = Inspect(frame, out length);
        outer = default;
        return reason == StripReason.NotAtL3End ? TunnelTrailer.Inspect(frame, ports, out length, out outer) : reason;
    }

    /// <summary>
    /// Checks magic, version and the agreement of length, counts, pad and tag flag: everything that the footer alone can tell.
    /// </summary>
    /// <param name="tail">Bytes that end where the frame ends.</param>
    /// <param name="frameLength">Bytes of the whole frame.</param>
    /// <param name="length">The trailer's length when the result is <see cref="StripReason.Stripped"/>, else zero.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static StripReason CheckFooter(ReadOnlySpan<byte> tail, int frameLength, out int length)
    {
        length = 0;
        if (tail.Length < WireFormat.FooterSize)
            return EndsInMagic(tail) ? StripReason.BadLength : StripReason.NoTrailer;
        Footer footer = Footer.Read(tail);
        if (footer.Magic != WireFormat.Magic)
            return StripReason.NoTrailer;
        if (footer.Version != WireFormat.Version)
            return StripReason.UnknownVersion;
        if (footer.Length != footer.ComputedLength || (footer.Pad & 1) != 0 || footer.Length > frameLength)
            return StripReason.BadLength;
        length = footer.Length;
        return StripReason.Stripped;
    }

    /// <summary>Whether the ones'-complement sum over a whole trailer is 0xFFFF.</summary>
    public static bool IsNeutral(ReadOnlySpan<byte> trailer) => OnesComplement.Sum(trailer) == 0xFFFF;

    private static bool EndsInMagic(ReadOnlySpan<byte> tail) =>
        tail.Length >= sizeof(ushort) && BinaryPrimitives.ReadUInt16LittleEndian(tail[^sizeof(ushort)..]) == WireFormat.Magic;
}
