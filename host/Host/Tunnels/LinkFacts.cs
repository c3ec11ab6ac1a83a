using System.Net;

namespace OppTel.Host.Tunnels;

/// <summary>Which IP a tunnel's outer packets are.</summary>
internal enum OuterIp
{
    /// <summary>Either: whoever sends decides for each packet.</summary>
    Any,

    /// <summary>IPv4.</summary>
    Ipv4,

    /// <summary>IPv6.</summary>
    Ipv6,
}

/// <summary>What the kernel tells of a link.</summary>
/// <param name="Index">Kernel index.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="IsEthernet">Whether its frames are Ethernet's.</param>
/// <param name="Kind">vxlan, geneve, veth and so on; empty for hardware.</param>
/// <param name="Outer">Of a tunnel: what its packets are outside.</param>
/// <param name="Remote">Of a tunnel: its one other end or its group; null where each packet has its own.</param>
/// <param name="Lower">Of a tunnel: index of the link that it is bound to; 0 for none.</param>
internal sealed record LinkFacts(int Index, int Mtu, bool IsEthernet, string Kind, OuterIp Outer, IPAddress? Remote, int Lower)
{
    /// <summary>Whether its packets travel in UDP datagrams that a stripper can read.</summary>
    public bool IsTunnel => IsEthernet && Kind is "vxlan" or "geneve";
}
