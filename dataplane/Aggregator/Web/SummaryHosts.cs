using System.Text.Json.Serialization;
using OppTel.Aggregator.Draining;
using OppTel.Segment;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Web;

/// <summary>What is heard of a host.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HostState>))]
internal enum HostState
{
    /// <summary>Something arrived within the last second.</summary>
    [JsonStringEnumMemberName("live")]
    Live,

    /// <summary>Nothing arrived for more than a second.</summary>
    [JsonStringEnumMemberName("silent")]
    Silent,

    /// <summary>Nothing arrived for more than ten seconds, after which its name may go to another sender.</summary>
    [JsonStringEnumMemberName("unreachable")]
    Unreachable,

    /// <summary>Nothing has arrived from this port yet.</summary>
    [JsonStringEnumMemberName("unheard")]
    Unheard,

    /// <summary>No live dataplane, so that no host could be heard.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,
}

/// <summary>One host. Counts are those since the aggregator started, of packets since the dataplane did.</summary>
/// <param name="Name">Its name, or the port that it is behind.</param>
/// <param name="Instance">Random number of its sender, in hexadecimal; 0 for none.</param>
/// <param name="State">What is heard of it.</param>
/// <param name="Ports">The dataplane's ports that it is behind.</param>
/// <param name="LeaseSeconds">The longest lease that the last beacons to it granted; 0 means that it must not append.</param>
/// <param name="Epoch">Newest complete catalog epoch; 0 for none.</param>
/// <param name="Streams">Streams seen.</param>
/// <param name="SilentSeconds">Since its last trailer or control frame; null when there was none.</param>
/// <param name="Packets">Packets from its ports.</param>
/// <param name="Carriers">Of these, packets that carried a trailer, heartbeats included.</param>
/// <param name="Trailers">Trailers taken in.</param>
/// <param name="Heartbeats">Of these, trailers that came on heartbeat frames.</param>
/// <param name="Records">Records taken in.</param>
/// <param name="Undecodable">Records that gave no value.</param>
/// <param name="Lost">Trailers lost for good.</param>
/// <param name="Missing">Trailers late or lost.</param>
internal sealed record SummaryHost(
    string Name, string Instance, HostState State, IReadOnlyList<string> Ports, double LeaseSeconds, int Epoch, int Streams,
    double? SilentSeconds, ulong Packets, ulong Carriers, ulong Trailers, ulong Heartbeats, ulong Records, ulong Undecodable,
    ulong Lost, long Missing);

/// <summary>Describes hosts from published state.</summary>
internal static class SummaryHosts
{
    private const double LongestGap = 1, LongestSilence = 10;

    /// <summary>All hosts, and ports that no host was heard from.</summary>
    public static IReadOnlyList<SummaryHost> Of(AggregatorView view, IReadOnlyList<HostReceiver> hosts, ulong now)
    {
        IReadOnlyList<PortSnapshot> ports = view.Dataplane?.Ports ?? [];
        List<SummaryHost> all = [.. hosts.Select(host => Describe(host, PortsOf(host), view, now))];
        for (int port = 0; port < ports.Count; port++)
        {
            if (ports[port].Side == PortSide.Host && view.HostOfPort.ElementAtOrDefault(port) is null)
                all.Add(Unheard(ports[port], view.IsReady));
        }

        return all;

        PortSnapshot[] PortsOf(HostReceiver host) => [.. ports.Where((_, port) => view.HostOfPort.ElementAtOrDefault(port) == host)];
    }

    private static SummaryHost Describe(HostReceiver host, PortSnapshot[] ports, AggregatorView view, ulong now)
    {
        double silent = Math.Max(0, ((double)now - host.LastArrival) / 1e9);
        IReadOnlyList<StreamCounts> streams = host.StreamCounts;
        return new SummaryHost(
            host.Name,
            host.Instance.ToString("x16"),
            StateAfter(silent, view.IsReady || view.IsAlone),
            [.. ports.Select(port => port.Name)],
            LeaseOf(ports, view.IsReady),
            host.Catalog.Epoch,
            streams.Count,
            silent,
            Sum(ports, PortCounter.RxPackets),
            Sum(ports, PortCounter.Carriers),
            host.Trailers,
            host.Heartbeats,
            host.Records,
            Enum.GetValues<UndecodableReason>().Aggregate(0ul, (sum, reason) => sum + host.Undecodable(reason)),
            streams.Aggregate(0ul, (sum, counts) => sum + counts.Lost),
            streams.Sum(counts => (long)counts.Missing));
    }

    private static SummaryHost Unheard(PortSnapshot port, bool isReady) => new(
        HostReceiver.UnnamedPrefix + port.Name, 0.ToString("x16"), isReady ? HostState.Unheard : HostState.Unknown, [port.Name],
        LeaseOf([port], isReady), 0, 0, null, port[PortCounter.RxPackets], port[PortCounter.Carriers], 0, 0, 0, 0, 0, 0);

    private static HostState StateAfter(double silent, bool isReady) => (isReady, silent) switch
    {
        // Also by UDP, while there is no dataplane.
        (_, <= LongestGap) => HostState.Live,
        (false, _) => HostState.Unknown,
        (_, <= LongestSilence) => HostState.Silent,
        _ => HostState.Unreachable,
    };

    /// <summary>A dataplane that is gone grants nothing.</summary>
    private static double LeaseOf(PortSnapshot[] ports, bool isReady) =>
        isReady ? ports.Max(port => (double?)port.LeaseMilliseconds) / 1e3 ?? 0 : 0;

    private static ulong Sum(PortSnapshot[] ports, PortCounter counter) => ports.Aggregate(0ul, (sum, port) => sum + port[counter]);
}
