using OppTel.Configuration;
using OppTel.Wire.Tunnels;

namespace OppTel.Dataplane.Tunnels;

/// <summary>The configuration's key tunnels: where they go, and how long the fragments of a datagram may wait for each other.</summary>
/// <param name="Ports">UDP ports; none switches the search for trailers in tunnels off.</param>
/// <param name="FragmentTimeout">What a fragment waits at most.</param>
internal sealed record TunnelSettings(TunnelPorts Ports, TimeSpan FragmentTimeout)
{
    private static readonly int[] VxlanPorts = [4789, 8472], GenevePorts = [6081];

    /// <summary>Reads the section.</summary>
    public static TunnelSettings Read(ConfigurationSection root)
    {
        ConfigurationSection section = root.Section("tunnels");
        IReadOnlyList<int> vxlan = ReadPorts(section, "vxlan_ports", VxlanPorts), geneve = ReadPorts(section, "geneve_ports", GenevePorts);
        if (vxlan.Intersect(geneve).FirstOrDefault() is not 0 and int both)
            section.Report("geneve_ports", $"{both} is a port of VXLAN too; what goes there can be only one of them");
        return new TunnelSettings(
            new TunnelPorts(vxlan, geneve),
            section.Duration("fragment_timeout", TimeSpan.FromMilliseconds(2), TimeSpan.FromMicroseconds(100), TimeSpan.FromSeconds(1)));
    }

    private static IReadOnlyList<int> ReadPorts(ConfigurationSection section, string key, IReadOnlyList<int> fallback)
    {
        if (!section.Has(key))
            return fallback;
        IReadOnlyList<int> ports = section.Integers(key, 1, ushort.MaxValue);
        if (ports.Count > TunnelPorts.Most)
            section.Report(key, $"there are {ports.Count}, and at most {TunnelPorts.Most} are looked for");
        return ports;
    }
}
