using OppTel.Bpf;

namespace OppTel.Host.Survey;

/// <summary>Names of protocols, as reports show them.</summary>
internal static class ProtocolName
{
    private const int Ipv4 = (int)SurveyProtocol.Ipv4;
    private const int Ipv6 = (int)SurveyProtocol.Ipv6;

    /// <summary>Name of what a tally counts: the transport, and IPv6 where it is that.</summary>
    /// <param name="index">A <see cref="SurveyProtocol"/>, with a protocol's number added.</param>
    public static string Of(int index) => index switch
    {
        (int)SurveyProtocol.Arp => "ARP",
        (int)SurveyProtocol.Control => "OppTel control",
        (int)SurveyProtocol.Other => "other EtherTypes",
        >= Ipv6 => $"{Transport(index - Ipv6)} over IPv6",
        _ => Transport(index - Ipv4),
    };

    private static string Transport(int protocol) => protocol switch
    {
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPv4 tunnel",
        6 => "TCP",
        17 => "UDP",
        41 => "IPv6 tunnel",
        44 => "fragment",
        47 => "GRE",
        50 => "ESP",
        58 => "ICMPv6",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        132 => "SCTP",
        _ => $"protocol {protocol}",
    };
}
