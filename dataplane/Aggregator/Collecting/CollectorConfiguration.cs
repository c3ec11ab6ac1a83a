using System.Net;
using OppTel.Configuration;

namespace OppTel.Aggregator.Collecting;

/// <summary>Where hosts without a dataplane send critical metrics.</summary>
/// <param name="Listen">UDP address and port.</param>
/// <param name="MaxHosts">Hosts at once.</param>
/// <param name="Expire">Silence after which a host is forgotten.</param>
internal sealed record CollectorConfiguration(IPEndPoint Listen, int MaxHosts, TimeSpan Expire)
{
    private static readonly IPEndPoint Example = new(IPAddress.Loopback, 9437);

    /// <summary>Reads the key "collector"; null when it names no address.</summary>
    public static CollectorConfiguration? Read(ConfigurationSection root)
    {
        ConfigurationSection section = root.Section("collector");
        string listen = section.Text("listen", "none");
        CollectorConfiguration configuration = new(
            listen == "none" ? Example : ReadListen(section, listen),
            section.Integer("max_hosts", 256, 1, 65_536),
            section.Duration("expire", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)));
        return listen == "none" ? null : configuration;
    }

    private static IPEndPoint ReadListen(ConfigurationSection section, string text)
    {
        if (IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && text.EndsWith($":{endpoint.Port}", StringComparison.Ordinal)
            && (text[0] == '[') == text.Contains(']'))
            return endpoint;
        section.Report("listen", $"'{text}' is not an address and a port, such as 0.0.0.0:9437 or [::]:9437, nor none");
        return Example;
    }
}
