using OppTel.Wire.Tests.Tunnels;
using static OppTel.Wire.Tests.Vectors.PlainWriter;

namespace OppTel.Wire.Tests.Vectors;

/// <summary>Golden vectors of frames in tunnels: what is stripped, then what has to stay.</summary>
internal static class TunnelVectors
{
    private static readonly byte[] Inner = Ethernet("0800", Ipv4(Udp(33)));

    public static IEnumerable<Vector> All(TrailerFields usual)
    {
        TrailerFields inside = usual with { Flags = 8 };
        return [.. Stripped(inside), .. Rejected(inside)];
    }

    private static IEnumerable<Vector> Stripped(TrailerFields inside)
    {
        yield return Accept("vxlan_ipv4", inside, Inner, Vxlan());
        yield return Accept("vxlan_ipv4_without_checksum", inside, Inner, Vxlan(hasChecksum: false));
        yield return Accept("vxlan_ipv6", inside, Ethernet("86dd", Ipv6(Udp(40))), Vxlan(isIpv6: true));
        yield return Accept("vxlan_ipv6_without_checksum", inside, Inner, Vxlan(isIpv6: true, hasChecksum: false));
        yield return Accept("vxlan_ipv4_options_and_vlan", inside, Inner, Vxlan(optionWords: 3, tags: "8100002a"));
        yield return Accept("vxlan_inner_vlan", inside, Ethernet("8100002a0800", Ipv4(Udp(20))), Vxlan());
        yield return Accept("vxlan_inner_arp", inside, Ethernet("0806", Arp()), Vxlan());
        yield return Accept("vxlan_pad_and_tag", inside with { Flags = 9, Pad = 6, Tag = "0x0123456789abcdef" }, Inner, Vxlan());
        yield return Accept("vxlan_linux_port", inside, Inner, frame => TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. frame], 8472));
        yield return Accept("geneve_ipv4", inside, Inner, Geneve(0));
        yield return Accept("geneve_ipv6_options", inside, Inner, frame => TunnelFrames.Outer([.. TunnelFrames.GeneveHeader(3), .. frame], TunnelFrames.Geneve, isIpv6: true));
        yield return Accept("geneve_longest_options", inside, Inner, Geneve(63));
        // The datagram's sum without the trailer is zero, which is written as 0xFFFF.
        yield return Accept("vxlan_checksum_all_ones", inside, Inner, frame => TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. frame], TunnelFrames.Vxlan, sourcePort: AllOnes(Inner)));
    }

    private static IEnumerable<Vector> Rejected(TrailerFields inside)
    {
        byte[] trailer = Trailer(inside).Bytes, whole = [.. TunnelFrames.VxlanHeader(), .. Inner, .. trailer];
        byte[] good = TunnelFrames.Outer(whole, TunnelFrames.Vxlan);
        yield return Reject("tunnel_flag_missing", "not_at_l3_end", Vxlan()([.. Inner, .. Trailer(inside with { Flags = 0 }).Bytes]));
        yield return Reject("tunnel_other_port", "not_at_l3_end", TunnelFrames.Outer(whole, 4790));
        yield return Reject("tunnel_fragment", "not_at_l3_end", [.. good[..20], 0x20, .. good[21..]]);
        yield return Reject("tunnel_inner_payload_is_a_trailer", "not_at_l3_end", Vxlan()(Ethernet("0800", Ipv4([.. Udp(10), .. trailer]))));
        yield return Reject("tunnel_in_a_tunnel", "not_at_l3_end", Vxlan()(good));
        yield return Reject("tunnel_padding_before_the_trailer", "not_at_l3_end", Vxlan()([.. Inner, 0, 0, .. trailer]));
        yield return Reject("tunnel_udp_length", "bad_tunnel", [.. good[..39], (byte)(good[39] - 2), .. good[40..]]);
        yield return Reject("vxlan_no_network", "bad_tunnel", TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(0), .. whole[8..]], TunnelFrames.Vxlan));
        yield return Reject("vxlan_other_protocol", "bad_tunnel", TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(12), .. whole[8..]], TunnelFrames.Vxlan));
        yield return Reject("geneve_version_1", "bad_tunnel", TunnelFrames.Outer([.. TunnelFrames.GeneveHeader(version: 1), .. whole[8..]], TunnelFrames.Geneve));
        yield return Reject("geneve_ip_inside", "bad_tunnel", TunnelFrames.Outer([.. TunnelFrames.GeneveHeader(protocol: 0x0800), .. whole[8..]], TunnelFrames.Geneve));
        yield return Reject("geneve_options_longer_than_it", "bad_tunnel", TunnelFrames.Outer([63, .. TunnelFrames.GeneveHeader()[1..], .. whole[8..]], TunnelFrames.Geneve));
        yield return Reject("tunnel_inner_lldp", "unknown_l3", Vxlan()([.. Ethernet("88cc", new byte[50]), .. trailer]));
        trailer[1] ^= 0x10;
        yield return Reject("tunnel_flipped_value", "bad_checksum", Vxlan()([.. Inner, .. trailer]));
    }

    private static Func<byte[], byte[]> Vxlan(bool isIpv6 = false, bool hasChecksum = true, int optionWords = 0, string tags = "") =>
        frame => TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. frame], TunnelFrames.Vxlan, isIpv6, hasChecksum, optionWords, tags);

    private static Func<byte[], byte[]> Geneve(int optionWords) =>
        frame => TunnelFrames.Outer([.. TunnelFrames.GeneveHeader(optionWords), .. frame], TunnelFrames.Geneve);

    private static int AllOnes(byte[] inner) => Enumerable.Range(0, 0x10000).First(port =>
        TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. inner], TunnelFrames.Vxlan, sourcePort: port).AsSpan(40, 2).SequenceEqual((byte[])[0xFF, 0xFF]));

    private static Vector Accept(string name, TrailerFields given, byte[] inner, Func<byte[], byte[]> wrap)
    {
        (byte[] trailer, TrailerFields fields) = Trailer(given);
        return new Vector
        {
            Name = name,
            Verdict = "stripped",
            Place = "tunnel",
            Original = Convert.ToHexStringLower(wrap(inner)),
            Trailer = fields,
            Frame = Convert.ToHexStringLower(wrap([.. inner, .. trailer])),
        };
    }

    private static Vector Reject(string name, string verdict, byte[] frame) =>
        new() { Name = name, Verdict = verdict, Frame = Convert.ToHexStringLower(frame) };
}
