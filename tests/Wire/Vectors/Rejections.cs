using static OppTel.Wire.Tests.Vectors.PlainWriter;

namespace OppTel.Wire.Tests.Vectors;

/// <summary>Frames that a stripper leaves as they are, for every reason.</summary>
internal static class Rejections
{
    public static IEnumerable<Vector> All(byte[] udp, TrailerFields usual)
    {
        byte[] trailer = Trailer(usual).Bytes;
        return [.. NoTrailer(udp, trailer), .. Version(udp, trailer), .. Length(udp, usual), .. L3(trailer), .. Place(udp, trailer), .. Checksum(udp, trailer)];
    }

    private static IEnumerable<Vector> NoTrailer(byte[] udp, byte[] trailer)
    {
        yield return Reject("empty_frame", "no_trailer", []);
        yield return Reject("one_byte", "no_trailer", [0x4F]);
        yield return Reject("plain_udp", "no_trailer", udp);
        yield return Reject("magic_in_the_other_order", "no_trailer", [.. udp, .. trailer[..^2], 0x4F, 0x54]);
        yield return Reject("bytes_behind_the_trailer", "no_trailer", [.. udp, .. trailer, 0, 0]);
    }

    private static IEnumerable<Vector> Version(byte[] udp, byte[] trailer)
    {
        foreach (int version in (int[])[0, 2, 15])
            yield return Reject($"version_{version}", "unknown_version", [.. udp, .. Change(trailer, 8, (byte)(16 * version))]);
        yield return Reject("version_before_length", "unknown_version", [.. udp, .. Change(Change(trailer, 8, 0x20), 4, 99)]);
    }

    private static IEnumerable<Vector> Length(byte[] udp, TrailerFields usual)
    {
        byte[] trailer = Trailer(usual).Bytes;
        yield return Reject("magic_alone", "bad_length", "TO"u8.ToArray());
        yield return Reject("footer_cut_short", "bad_length", trailer[^23..]);
        yield return Reject("length_too_large", "bad_length", [.. udp, .. Change(trailer, 4, (byte)(trailer.Length + 2))]);
        yield return Reject("length_too_small", "bad_length", [.. udp, .. Change(trailer, 4, (byte)(trailer.Length - 2))]);
        yield return Reject("length_zero", "bad_length", [.. udp, .. Change(trailer, 4, 0)]);
        yield return Reject("one_value_too_many", "bad_length", [.. udp, .. Change(trailer, 10, (byte)(usual.Values.Count + 1))]);
        yield return Reject("one_value_too_few", "bad_length", [.. udp, .. Change(trailer, 10, (byte)(usual.Values.Count - 1))]);
        yield return Reject("samples_that_are_not_there", "bad_length", [.. udp, .. Change(trailer, 9, 1)]);
        yield return Reject("tag_that_is_not_there", "bad_length", [.. udp, .. Change(trailer, 8, 0x11)]);
        yield return Reject("pad_that_is_not_there", "bad_length", [.. udp, .. Change(trailer, 7, 2)]);
        yield return Reject("odd_pad", "bad_length", [.. udp, .. OddPad(trailer)]);
        yield return Reject("trailer_longer_than_the_frame", "bad_length", Trailer(usual with { Pad = 200 }).Bytes[100..]);
        yield return Reject("length_before_l3", "bad_length", [.. Ethernet("88cc", new byte[50]), .. Change(trailer, 4, 0)]);
    }

    private static IEnumerable<Vector> L3(byte[] trailer)
    {
        byte[] ipv4 = Ipv4(Udp(20));
        byte[] ipv6 = Ipv6(Udp(20));
        (string Name, byte[] Frame)[] frames =
        [
            ("lldp", Ethernet("88cc", new byte[50])),
            ("llc", Ethernet("0026", new byte[38])),
            ("three_vlans", Ethernet("8100000181000002810000030800", ipv4)),
            ("other_tag_type", Ethernet("910000010800", ipv4)),
            ("ipv4_version_6", Ethernet("0800", [0x65, .. ipv4[1..]])),
            ("ipv4_header_of_16", Ethernet("0800", [0x44, .. ipv4[1..]])),
            ("ipv4_shorter_than_its_header", Ethernet("0800", [.. ipv4[..2], 0, 19, .. ipv4[4..]])),
            ("ipv4_length_zero", Ethernet("0800", [.. ipv4[..2], 0, 0, .. ipv4[4..]])),
            ("ipv6_version_4", Ethernet("86dd", [0x40, .. ipv6[1..]])),
            ("ipv6_jumbogram", Ethernet("86dd", [.. ipv6[..4], 0, 0, 0, .. ipv6[7..]])),
            ("arp_other_hardware", Ethernet("0806", [0, 6, .. Arp()[2..]])),
            ("arp_other_protocol", Ethernet("0806", [0, 1, 0x86, 0xDD, .. Arp()[4..]])),
            ("arp_long_addresses", Ethernet("0806", [.. Arp()[..4], 8, 4, .. Arp()[6..]])),
            ("control_version_2", Ethernet("88b5", [2, .. Control(3, 0)[1..]])),
        ];
        foreach ((string name, byte[] frame) in frames)
            yield return Reject(name, "unknown_l3", [.. frame, .. trailer]);
        byte[] footer = Trailer(new TrailerFields { Time = "0x020000000002", Epoch = 0x0081 }).Bytes;
        yield return Reject("ethernet_header_alone", "unknown_l3", [.. Ethernet("86dd", []), .. footer]);
        // The footer's epoch stands where a tag's type does: the frame is nothing but a footer.
        yield return Reject("footer_alone", "unknown_l3", footer);
    }

    private static IEnumerable<Vector> Place(byte[] udp, byte[] trailer)
    {
        yield return Reject("padding_before_the_trailer", "not_at_l3_end", [.. udp, 0, 0, .. trailer]);
        yield return Reject("packet_goes_on_in_the_trailer", "not_at_l3_end", [.. udp[..^2], .. trailer]);
        yield return Reject("payload_that_is_a_trailer", "not_at_l3_end", Ethernet("0800", Ipv4([.. Udp(10), .. trailer])));
        yield return Reject("packet_longer_than_the_frame", "not_at_l3_end", Ethernet("0800", Ipv4([.. Udp(10), .. trailer, .. new byte[40]])[..^40]));
        yield return Reject("two_trailers", "not_at_l3_end", [.. udp, .. trailer, .. trailer]);
        yield return Reject("place_before_checksum", "not_at_l3_end", [.. udp, 0, 0, .. Flip(trailer, 1)]);
    }

    private static IEnumerable<Vector> Checksum(byte[] udp, byte[] trailer)
    {
        yield return Reject("flipped_value", "bad_checksum", [.. udp, .. Flip(trailer, 5)]);
        yield return Reject("flipped_checksum", "bad_checksum", [.. udp, .. Flip(trailer, trailer.Length - 6)]);
        yield return Reject("flipped_flag", "bad_checksum", [.. udp, .. trailer[..^8], 0x12, .. trailer[^7..]]);
        yield return Reject("checksum_not_set", "bad_checksum", [.. udp, .. trailer[..^6], 0, 0, .. trailer[^4..]]);
        yield return Reject("checksum_in_the_other_order", "bad_checksum", [.. udp, .. trailer[..^6], trailer[^5], trailer[^6], .. trailer[^4..]]);
    }

    private static Vector Reject(string name, string verdict, byte[] frame) =>
        new() { Name = name, Verdict = verdict, Frame = Convert.ToHexStringLower(frame) };

    /// <summary>Sets one byte, counted from the end, and makes the sum right again.</summary>
    private static byte[] Change(byte[] trailer, int fromEnd, byte value)
    {
        byte[] changed = [.. trailer];
        changed[^fromEnd] = value;
        _ = Mend(changed);
        return changed;
    }

    private static byte[] Flip(byte[] trailer, int at)
    {
        byte[] changed = [.. trailer];
        changed[at] ^= 0x10;
        return changed;
    }

    /// <summary>One pad byte, and a length that says so.</summary>
    private static byte[] OddPad(byte[] trailer) => Change(Change([0, .. trailer], 7, 1), 4, (byte)(trailer.Length + 1));
}
