using OppTel.Bpf;
using OppTel.Configuration;

namespace OppTel.Host.Tunnels;

/// <summary>The configuration's key tunnels: devices of tunnels, whose packets carry trailers inside.</summary>
internal static class TunnelSettings
{
    /// <summary>Names of the devices; none by default.</summary>
    /// <param name="root">The configuration.</param>
    /// <param name="interfaces">What carries trailers outside.</param>
    public static IReadOnlyList<string> Read(ConfigurationSection root, IReadOnlyList<string> interfaces)
    {
        IReadOnlyList<string> tunnels = root.Texts("tunnels");
        if (tunnels.Distinct().Count() != tunnels.Count)
            root.Report("tunnels", "a device is named twice");
        if (tunnels.Intersect(interfaces).FirstOrDefault() is { } both)
            root.Report("tunnels", $"'{both}' stands under interfaces too; a device of a tunnel belongs here alone");
        if (tunnels.Count > HostTunnel.Most)
            root.Report("tunnels", $"there are {tunnels.Count}, and there is room for {HostTunnel.Most}");
        return tunnels;
    }
}
