using OppTel.Wire.Tests.Vectors;

namespace OppTel.Wire.Tests.Tunnels;

/// <summary>
/// Frames in tunnels, byte by byte from RFC 768, 7348 and 8926, with every sum taken anew over the whole. It shares nothing with the
/// code under test.
/// </summary>
internal static class TunnelFrames
{
    public const int Vxlan = 4789;
    public const int Geneve = 6081;

    private static readonly byte[] Source4 = [192, 0, 2, 1], Destination4 = [198, 51, 100, 2];
    private static readonly byte[] Source6 = Convert.FromHexString("20010db8000000000000000000000001"), Destination6 = Convert.FromHexString("20010db8000000000000000000000002");

    /// <summary>VXLAN's header: a flag that a network is named, and its number.</summary>
    public static byte[] VxlanHeader(byte flags = 8) => [flags, 0, 0, 0, 0, 0, 42, 0];

    /// <summary>Geneve's header in front of an Ethernet frame.</summary>
    public static byte[] GeneveHeader(int optionWords = 0, int version = 0, int protocol = 0x6558)
    {
        byte[] header = [(byte)((version << 6) | optionWords), 0, (byte)(protocol >> 8), (byte)protocol, 0, 0, 42, 0];
        return [.. header, .. Enumerable.Range(0, 4 * optionWords).Select(index => (byte)(index + 1))];
    }

    /// <summary>A frame around a payload of UDP.</summary>
    /// <param name="payload">The tunnel's header and the inner frame.</param>
    /// <param name="port">Where it goes.</param>
    /// <param name="isIpv6">The outer packet.</param>
    /// <param name="hasChecksum">Whether UDP has one.</param>
    /// <param name="optionWords">Of IPv4.</param>
    /// <param name="tags">VLAN tags and types in front of the outer packet's, hexadecimal.</param>
    /// <param name="sourcePort">Of UDP.</param>
    public static byte[] Outer(
        byte[] payload, int port, bool isIpv6 = false, bool hasChecksum = true, int optionWords = 0, string tags = "", int sourcePort = 0xC001)
    {
        byte[] datagram = Datagram(payload, sourcePort, port, isIpv6, hasChecksum);
        return isIpv6
            ? PlainWriter.Ethernet(tags + "86dd", PlainWriter.Ipv6(datagram))
            : PlainWriter.Ethernet(tags + "0800", PlainWriter.Ipv4(datagram, optionWords));
    }

    /// <summary>A UDP datagram; the sum has the addresses that <see cref="PlainWriter"/> gives its packets.</summary>
    public static byte[] Datagram(byte[] payload, int sourcePort, int port, bool isIpv6, bool hasChecksum)
    {
        int length = 8 + payload.Length;
        byte[] datagram = [(byte)(sourcePort >> 8), (byte)sourcePort, (byte)(port >> 8), (byte)port, (byte)(length >> 8), (byte)length, 0, 0, .. payload];
        if (!hasChecksum)
            return datagram;
        byte[] pseudo = isIpv6
            ? [.. Source6, .. Destination6, 0, 0, (byte)(length >> 8), (byte)length, 0, 0, 0, 17]
            : [.. Source4, .. Destination4, 0, 17, (byte)(length >> 8), (byte)length];
        int checksum = 0xFFFF - PlainParser.Sum([.. pseudo, .. datagram]);
        if (checksum == 0)
            checksum = 0xFFFF;
        (datagram[6], datagram[7]) = ((byte)checksum, (byte)(checksum >> 8));
        return datagram;
    }

    /// <summary>Takes a trailer off as a stripper does: cuts, and mends what is around it.</summary>
    public static byte[] Strip(byte[] frame, out StripReason reason, out int length)
    {
        reason = Trailer.Inspect(frame, Wire.Tunnels.TunnelPorts.Default, out length, out Wire.Tunnels.OuterHeaders outer);
        byte[] left = frame[..^length];
        if (outer.IsTunnel)
            Wire.Tunnels.OuterLengths.Shorten(left, outer, length);
        return left;
    }
}
