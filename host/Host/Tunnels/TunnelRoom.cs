using OppTel.Bpf;

namespace OppTel.Host.Tunnels;

/// <summary>How long a frame may be in a tunnel before its outer packet becomes one more: no packet is fragmented to make room for telemetry.</summary>
internal static class TunnelRoom
{
    private const int Ethernet = 14;
    private const int Ipv4 = 20;
    private const int Ipv6 = 40;
    private const int FragmentHeader = 8;

    /// <summary>The outer UDP header, and VXLAN's or Geneve's fixed one.</summary>
    private const int UdpAndTunnel = 16;

    /// <summary>Geneve's longest options.</summary>
    private const int GeneveOptions = 252;

    /// <summary>What the programs need to know.</summary>
    /// <param name="kind">vxlan or geneve.</param>
    /// <param name="outer">Where it is not known, the longest headers count, and what may be fragmented carries nothing.</param>
    /// <param name="mtu">What the outer packet may have, in bytes.</param>
    public static HostTunnel Of(string kind, OuterIp outer, int mtu)
    {
        int header = outer == OuterIp.Ipv4 ? Ipv4 : Ipv6;
        bool isKnown = outer != OuterIp.Any;
        // Only who sends with options of their own, packet by packet, has any.
        int options = kind == "geneve" && !isKnown ? GeneveOptions : 0;
        int fragment = mtu - header - (outer == OuterIp.Ipv6 ? FragmentHeader : 0);
        return new HostTunnel(
            (uint)Math.Max(0, mtu - header - UdpAndTunnel - options),
            isKnown && fragment > 0 ? (uint)fragment & ~7u : 0,
            (uint)(Ethernet + header + UdpAndTunnel));
    }
}
