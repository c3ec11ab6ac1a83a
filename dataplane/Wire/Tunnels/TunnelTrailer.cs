namespace OppTel.Wire.Tunnels;

/// <summary>Recognises trailers inside tunnels. Section 11 of <c>bpf/WIRE.md</c>: the order of the tests decides which reason is counted.</summary>
public static class TunnelTrailer
{
    /// <summary>
    /// Decides whether <paramref name="frame"/> ends in a valid trailer that starts exactly where the L3 packet of the inner frame ends.
    /// </summary>
    /// <param name="frame">An Ethernet frame without FCS, in one piece.</param>
    /// <param name="ports">Where tunnels go.</param>
    /// <param name="length">Bytes to cut from the end; zero unless the result is <see cref="StripReason.Stripped"/>.</param>
    /// <param name="outer">What is around the inner frame.</param>
    /// <returns><see cref="StripReason.Stripped"/>, or why the frame has to stay as it is.</returns>
    public static StripReason Inspect(ReadOnlySpan<byte> frame, TunnelPorts ports, out int length, out OuterHeaders outer)
    {
        (length, outer) = (0, default);
        StripReason reason = Trailer.CheckFooter(frame, frame.Length, out int claimed);
        if (reason != StripReason.Stripped)
            return reason;
        if ((Footer.Read(frame).Flags & TrailerFlags.Tunnel) == 0)
            return StripReason.NotAtL3End;
        reason = OuterHeaders.Read(frame, ports, out OuterHeaders found);
        if (reason != StripReason.Stripped)
            return reason;
        ReadOnlySpan<byte> inner = frame[found.Frame..];
        if (!L3.TryFindEnd(inner, out int end))
            return StripReason.UnknownL3;
        if (end != inner.Length - claimed)
            return StripReason.NotAtL3End;
        if (!Trailer.IsNeutral(inner[end..]))
            return StripReason.BadChecksum;
        (length, outer) = (claimed, found);
        return StripReason.Stripped;
    }
}
