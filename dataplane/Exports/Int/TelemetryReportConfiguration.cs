using System.Net;
using OppTel.Configuration;

namespace OppTel.Exports.Int;

/// <summary>One entry of <c>telemetry_report</c>.</summary>
/// <param name="Collector">Takes the datagrams.</param>
/// <param name="Node">This DPU's number in its management domain.</param>
/// <param name="Domain">The INT domain that gives OppTel's metadata its meaning; 0 leaves that metadata out.</param>
/// <param name="Interval">Time from one round of reports to the next.</param>
internal sealed record TelemetryReportConfiguration(IPEndPoint Collector, uint Node, ushort Domain, TimeSpan Interval)
{
    /// <summary>Reads one target.</summary>
    public static TelemetryReportConfiguration Read(ConfigurationSection section) => new(
        ReadCollector(section),
        (uint)section.Integer("node_id", 1, 0, int.MaxValue),
        (ushort)section.Integer("domain_id", 0, 0, ushort.MaxValue),
        section.Duration("interval", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)));

    private static IPEndPoint ReadCollector(ConfigurationSection section)
    {
        string text = section.RequiredText("address");
        if (IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && endpoint.Port != 0)
            return endpoint;
        if (text.Length > 0)
            section.Report("address", $"'{text}' is not an address and a port, such as 192.0.2.1:32766 or [2001:db8::1]:32766");
        return new IPEndPoint(IPAddress.Loopback, 1);
    }
}
