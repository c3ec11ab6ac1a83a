namespace OppTel.Wire.Tests.Tunnels;

/// <summary>The acceptance rule of section 11 of <c>bpf/WIRE.md</c>, written down once more, slowly. It shares nothing with the code under test.</summary>
internal static class PlainTunnelParser
{
    public static (string Verdict, int Length) Judge(byte[] frame)
    {
        (string verdict, int length) = PlainParser.Judge(frame);
        if (verdict != "not_at_l3_end" || (frame[^8] & 8) == 0 || PlainParser.EndOfL3(frame) != frame.Length)
            return (verdict, length);
        int claimed = frame[^4] + (frame[^3] * 256), at = 12;
        while (at < 20 && (frame[at], frame[at + 1]) is (0x81, 0) or (0x88, 0xA8))
            at += 4;
        byte[] packet = frame[(at + 2)..];
        bool isIpv4 = frame[at] == 8 && frame[at + 1] == 0, isIpv6 = frame[at] == 0x86;
        bool isUdp = (isIpv4 && packet[9] == 17 && packet[6] % 64 == 0 && packet[7] == 0) || (isIpv6 && packet[6] == 17);
        byte[] datagram = packet[Math.Min(packet.Length, isIpv6 ? 40 : packet[0] % 16 * 4)..];
        if (!isUdp || datagram.Length < 8 || (datagram[2] * 256) + datagram[3] is not (4789 or 8472 or 6081))
            return (verdict, 0);
        if ((datagram[4] * 256) + datagram[5] != datagram.Length || Inner(datagram[8..], isGeneve: datagram[2] == 0x17) is not { } inner)
            return ("bad_tunnel", 0);
        int? end = PlainParser.EndOfL3(inner);
        if (end is null)
            return ("unknown_l3", 0);
        if (end + claimed != inner.Length)
            return ("not_at_l3_end", 0);
        return PlainParser.Sum(frame.AsSpan(^claimed..)) == 0xFFFF ? ("stripped", claimed) : ("bad_checksum", 0);
    }

    private static byte[]? Inner(byte[] payload, bool isGeneve)
    {
        if (payload.Length < 8)
            return null;
        int header = 8 + (isGeneve ? payload[0] % 64 * 4 : 0);
        bool isFrame = isGeneve ? payload[0] < 64 && payload[2] == 0x65 && payload[3] == 0x58 : payload[0] / 4 % 4 == 2;
        return isFrame && payload.Length >= header + 14 ? payload[header..] : null;
    }
}
