using OppTel.Wire.Tests.Vectors;

namespace OppTel.Wire.Tests;

/// <summary>
/// The acceptance rule of section 4 of <c>bpf/WIRE.md</c>, written down once more, byte by byte and slowly. It shares nothing
/// with the code under test.
/// </summary>
internal static class PlainParser
{
    /// <param name="frame">Without FCS.</param>
    /// <param name="key">Of a reader that requires tags: 16 bytes.</param>
    public static (string Verdict, int Length) Judge(byte[] frame, byte[]? key)
    {
        (string verdict, int length) = Judge(frame);
        if (verdict != "stripped" || key is null)
            return (verdict, length);
        byte[] trailer = frame[^length..];
        bool isRight = trailer[^8] % 2 == 1 && BitConverter.ToUInt64(trailer.AsSpan(length - 32)) == PlainSip.Tag(key, trailer);
        return isRight ? (verdict, length) : ("bad_tag", 0);
    }

    public static (string Verdict, int Length) Judge(byte[] frame)
    {
        int size = frame.Length;
        if (size < 2 || frame[size - 2] != 'T' || frame[size - 1] != 'O')
            return ("no_trailer", 0);
        if (size < 24)
            return ("bad_length", 0);
        byte[] footer = frame[(size - 24)..];
        if ((footer[16] & 0xF0) != 0x10)
            return ("unknown_version", 0);
        int length = footer[20] + (footer[21] * 256);
        int pad = footer[17];
        int tag = footer[16] % 2 == 1 ? 8 : 0;
        if (pad % 2 == 1 || length > size || length != pad + (16 * footer[15]) + (8 * footer[14]) + tag + 24)
            return ("bad_length", 0);
        int? end = EndOfL3(frame);
        if (end is null)
            return ("unknown_l3", 0);
        if (end.Value + length != size)
            return ("not_at_l3_end", 0);
        return Sum(frame.AsSpan(^length..)) == 0xFFFF ? ("stripped", length) : ("bad_checksum", 0);
    }

    public static int? EndOfL3(byte[] frame)
    {
        List<byte> rest = [.. frame.Skip(12)];
        for (int tags = 0; tags < 2 && rest.Count >= 4 && IsTag(rest); tags++)
            rest.RemoveRange(0, 4);
        if (rest.Count < 2)
            return null;
        byte[] packet = [.. rest.Skip(2)];
        int? length = ((rest[0] * 256) + rest[1]) switch
        {
            0x0800 => Ipv4(packet),
            0x86DD => Ipv6(packet),
            0x0806 => packet.Length >= 28 && packet.AsSpan(0, 6).SequenceEqual((byte[])[0, 1, 8, 0, 6, 4]) ? 28 : null,
            0x88B5 => packet.Length >= 40 && packet[0] == 1 ? 40 + packet[2] + (packet[3] * 256) : null,
            _ => null,
        };
        return frame.Length - packet.Length + length;
    }

    /// <summary>Adds 16-bit words and takes the carry round at every step.</summary>
    public static int Sum(ReadOnlySpan<byte> bytes)
    {
        int sum = 0;
        for (int index = 0; index < bytes.Length; index += 2)
        {
            sum += bytes[index] + (index + 1 < bytes.Length ? bytes[index + 1] * 256 : 0);
            if (sum > 0xFFFF)
                sum -= 0xFFFF;
        }

        return sum;
    }

    private static bool IsTag(List<byte> bytes) => (bytes[0], bytes[1]) is (0x81, 0x00) or (0x88, 0xA8);

    private static int? Ipv4(byte[] packet)
    {
        if (packet.Length < 20)
            return null;
        int header = packet[0] % 16 * 4;
        int total = (packet[2] * 256) + packet[3];
        return packet[0] / 16 == 4 && header >= 20 && total >= header ? total : null;
    }

    private static int? Ipv6(byte[] packet)
    {
        if (packet.Length < 40 || packet[0] / 16 != 6)
            return null;
        int payload = (packet[4] * 256) + packet[5];
        return payload == 0 && packet[6] == 0 ? null : 40 + payload;
    }
}
