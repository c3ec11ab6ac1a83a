using static OppTel.Wire.Tests.Vectors.PlainWriter;

namespace OppTel.Wire.Tests.Vectors;

/// <summary>Composes the golden vectors: first what is stripped, then what has to stay.</summary>
internal static class VectorGenerator
{
    private static readonly byte[] Udp = Ethernet("0800", Ipv4(Udp(33)));

    private static readonly TrailerFields Usual = new()
    {
        Time = "0x123456789abc",
        Stream = 3,
        Sequence = 1000,
        Epoch = 0xBEEF,
        Values = [new(8, "0x2540be400"), new(513, "0x1")],
    };

    private static readonly TrailerFields Largest = new()
    {
        Time = "0xffffffffffff",
        Stream = ushort.MaxValue,
        Sequence = uint.MaxValue,
        Epoch = ushort.MaxValue,
        Values = [.. Enumerable.Repeat(new ValueFields(ushort.MaxValue, "0xffffffffffff"), 255)],
        Samples = [.. Enumerable.Repeat(new SampleFields(ushort.MaxValue, ushort.MaxValue, uint.MaxValue, "0xffffffffffffffff"), 255)],
    };

    public static VectorFile Generate() => new(1, [.. Stripped(), .. Rejections.All(Udp, Usual), .. TaggedVectors.All(Udp, Usual, Largest), .. TunnelVectors.All(Usual)]);

    private static IEnumerable<Vector> Stripped()
    {
        // Where the L3 packet ends.
        yield return Accept("ipv4_udp_odd_length", Udp, Usual);
        yield return Accept("ipv4_udp_even_length", Ethernet("0800", Ipv4(PlainWriter.Udp(34))), Usual);
        yield return Accept("ipv4_header_alone", Ethernet("0800", Ipv4([])), Usual);
        yield return Accept("ipv4_longest_header", Ethernet("0800", Ipv4(PlainWriter.Udp(5), optionWords: 10)), Usual);
        yield return Accept("ipv6_udp_odd_length", Ethernet("86dd", Ipv6(PlainWriter.Udp(101))), Usual);
        yield return Accept("ipv6_without_payload", Ethernet("86dd", Ipv6([], nextHeader: 59)), Usual);
        yield return Accept("ipv6_hop_by_hop_with_payload", Ethernet("86dd", Ipv6([.. Convert.FromHexString("3b00010400000000")], nextHeader: 0)), Usual);
        yield return Accept("arp_request", Ethernet("0806", Arp()), Usual);
        yield return Accept("vlan_ipv4", Ethernet("8100002a0800", Ipv4(PlainWriter.Udp(20))), Usual);
        yield return Accept("service_vlan_ipv6", Ethernet("88a8e06486dd", Ipv6(PlainWriter.Udp(21))), Usual);
        yield return Accept("qinq_ipv4", Ethernet("88a800648100002a0800", Ipv4(PlainWriter.Udp(22))), Usual);
        yield return Accept("two_vlans_arp", Ethernet("810000018100002a0806", Arp()), Usual);
        yield return Accept("heartbeat_without_records", Ethernet("88b5", Control(3, 0)), Usual with { Flags = 2, Values = [] });
        yield return Accept("heartbeat_with_values", Ethernet("88b5", Control(3, 0)), Usual with { Flags = 2 });
        yield return Accept("control_with_payload", Ethernet("88b5", Control(2, 77)), Usual);

        // What the records are.
        yield return Accept("one_value", Udp, Usual with { Values = [new(0, "0x0")] });
        yield return Accept("one_sample", Udp, Usual with { Values = [], Samples = [new(7, 0, 1500, "0x8000000000000001")] });
        yield return Accept("samples_before_values", Udp, Usual with { Samples = [new(1, 0, 0, "0x2"), new(3, 4, uint.MaxValue, "0xffffffffffffffff")] });
        yield return Accept("pad_of_two", Udp, Usual with { Pad = 2 });
        yield return Accept("largest_pad", Udp, Usual with { Pad = 254 });
        yield return Accept("tag", Udp, Usual with { Flags = 1, Tag = "0x0123456789abcdef" });
        yield return Accept("redundant_copy", Udp, Usual with { Flags = 4 });
        yield return Accept("tunnel", Udp, Usual with { Flags = 8 });
        yield return Accept("all_flags_pad_samples_and_tag", Udp, Usual with { Flags = 15, Pad = 6, Tag = "0xffffffffffffffff", Samples = [new(9, 0, 1, "0x1")] });
        yield return Accept("most_values", Udp, Largest with { Samples = [] });
        yield return Accept("most_samples", Udp, Largest with { Values = [] });
        yield return Accept("longest_trailer", Udp, Largest with { Flags = 1, Pad = 254, Tag = "0xffffffffffffffff" });
        yield return Accept("zero_fields", Udp, new TrailerFields { Values = [new(0, "0x0")] });

        // What the checksum is.
        yield return Accept("sum_that_wraps_often", Udp, Usual with { Values = [.. Enumerable.Range(0, 20).Select(slot => new ValueFields((ushort)(0xFFF0 + (slot % 16)), "0xfffefffdfffc"))] });
        yield return Accept("checksum_zero", Udp, ForChecksum(0));
        yield return Accept("checksum_largest_of_a_writer", Udp, ForChecksum(0xFFFE));
        yield return AcceptAllOnes(Accept("checksum_all_ones", Udp, ForChecksum(0)));

        // The original's own end looks like a trailer; only what follows the packet is taken.
        byte[] lookalike = Trailer(Usual).Bytes;
        yield return Accept("payload_ends_like_a_trailer", Ethernet("0800", Ipv4([.. PlainWriter.Udp(10), .. lookalike])), Usual);
    }

    private static Vector Accept(string name, byte[] original, TrailerFields given)
    {
        (byte[] trailer, TrailerFields fields) = Trailer(given);
        return new Vector
        {
            Name = name,
            Verdict = "stripped",
            Original = Convert.ToHexStringLower(original),
            Trailer = fields,
            Frame = Convert.ToHexStringLower([.. original, .. trailer]),
        };
    }

    /// <summary>The usual trailer with one more value that brings the checksum to what is wanted.</summary>
    private static TrailerFields ForChecksum(ushort wanted)
    {
        TrailerFields zero = Usual with { Values = [.. Usual.Values, new(9, "0x0")] };
        int missing = (Trailer(zero).Fields.Checksum - wanted + 0xFFFF) % 0xFFFF;
        return Usual with { Values = [.. Usual.Values, new(9, $"0x{missing:x}")] };
    }

    /// <summary>Zero and 0xFFFF are the same to the sum: a reader takes both, a writer makes the first.</summary>
    private static Vector AcceptAllOnes(Vector vector)
    {
        byte[] frame = vector.FrameBytes;
        (frame[^6], frame[^5]) = (0xFF, 0xFF);
        return vector with { Frame = Convert.ToHexStringLower(frame), Trailer = vector.Trailer! with { Checksum = 0xFFFF } };
    }
}
