using System.Text.Json.Serialization;
using OppTel.Aggregator.Commands;
using OppTel.Aggregator.Draining;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Telemetry.Entities;

namespace OppTel.Aggregator.Web;

/// <summary>What <c>GET /api/v1/summary</c> answers: what a live view needs. Rates are those of the last second.</summary>
internal sealed record Summary
{
    /// <summary>Unix seconds on the DPU, whose clock all other interfaces' times are of.</summary>
    public required double Time { get; init; }

    public required string Version { get; init; }

    public required bool Ready { get; init; }

    public required double PacketsPerSecond { get; init; }

    public required double CarriersPerSecond { get; init; }

    public required double RecordsPerSecond { get; init; }

    public required double? AgeP50Seconds { get; init; }

    public required double? AgeP99Seconds { get; init; }

    public required SummaryTotals Totals { get; init; }

    public required int Series { get; init; }

    public required IReadOnlyList<SummaryHost> Hosts { get; init; }

    public required IReadOnlyList<SummaryEntity> TopProcesses { get; init; }

    public required IReadOnlyList<SummaryEntity> TopCgroups { get; init; }
}

/// <summary>Totals: of packets since the dataplane started, of telemetry since the aggregator did.</summary>
/// <param name="Packets">Packets from hosts.</param>
/// <param name="Bytes">Their bytes, trailers included.</param>
/// <param name="Carriers">Packets that carried a trailer.</param>
/// <param name="TrailerBytes">Bytes stripped.</param>
/// <param name="HandoverLost">Trailers that found no room in the ring.</param>
/// <param name="SendDropped">Packets that a device did not take, either direction.</param>
/// <param name="Trailers">Trailers taken in.</param>
/// <param name="Records">Records taken in.</param>
/// <param name="Undecodable">Records that gave no value.</param>
/// <param name="Lost">Trailers lost for good.</param>
/// <param name="Missing">Trailers late or lost.</param>
/// <param name="Duplicate">Trailers received again.</param>
/// <param name="Reordered">Trailers received late.</param>
internal sealed record SummaryTotals(
    ulong Packets, ulong Bytes, ulong Carriers, ulong TrailerBytes, ulong HandoverLost, ulong SendDropped,
    ulong Trailers, ulong Records, ulong Undecodable, ulong Lost, ulong Missing, ulong Duplicate, ulong Reordered);

/// <summary>One entity by the CPU time that it used.</summary>
/// <param name="CpuCores">CPU seconds per second.</param>
/// <param name="CpuSeconds">CPU time as the host counts it.</param>
/// <param name="Labels">Its labels, the host's included.</param>
internal sealed record SummaryEntity(double CpuCores, double CpuSeconds, IReadOnlyDictionary<string, string> Labels);

/// <summary>Composes a <see cref="Summary"/> from published state.</summary>
internal static class Summaries
{
    private const int TopEntities = 10;

    /// <summary>The summary of this moment.</summary>
    public static Summary Of(AggregatorView view, Receiver receiver, ulong now)
    {
        IReadOnlyList<HostReceiver> hosts = receiver.Hosts;
        IReadOnlyList<Series> series = receiver.Series.Snapshot;
        return new Summary
        {
            Time = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds,
            Version = VersionCommand.Version,
            Ready = view.IsReady,
            PacketsPerSecond = view.Activity.PacketsPerSecond,
            CarriersPerSecond = view.Activity.CarriersPerSecond,
            RecordsPerSecond = view.Activity.RecordsPerSecond,
            AgeP50Seconds = view.Activity.AgeP50,
            AgeP99Seconds = view.Activity.AgeP99,
            Totals = TotalsOf(view.Dataplane, hosts),
            Series = series.Count,
            Hosts = SummaryHosts.Of(view, hosts, now),
            TopProcesses = Top(series, EntityMetrics.ProcessCpu, now),
            TopCgroups = Top(series, EntityMetrics.CgroupCpu, now),
        };
    }

    private static SummaryTotals TotalsOf(DataplaneSnapshot? dataplane, IReadOnlyList<HostReceiver> hosts)
    {
        ulong FromHosts(PortCounter counter) => dataplane?.Sum(PortSide.Host, counter) ?? 0;
        ulong OfStreams(Func<StreamCounts, ulong> value) =>
            hosts.SelectMany(host => host.StreamCounts).Aggregate(0ul, (sum, counts) => sum + value(counts));
        ulong OfHosts(Func<HostReceiver, ulong> value) => hosts.Aggregate(0ul, (sum, host) => sum + value(host));
        return new SummaryTotals(
            FromHosts(PortCounter.RxPackets),
            FromHosts(PortCounter.RxBytes),
            FromHosts(PortCounter.Carriers),
            FromHosts(PortCounter.TrailerBytes),
            FromHosts(PortCounter.HandoverLost),
            FromHosts(PortCounter.TxDropped) + (dataplane?.Sum(PortSide.Network, PortCounter.TxDropped) ?? 0),
            OfHosts(host => host.Trailers),
            OfHosts(host => host.Records),
            Enum.GetValues<UndecodableReason>().Aggregate(0ul, (sum, reason) => sum + OfHosts(host => host.Undecodable(reason))),
            OfStreams(counts => counts.Lost),
            OfStreams(counts => (ulong)counts.Missing),
            OfStreams(counts => counts.Duplicate),
            OfStreams(counts => counts.Reordered));
    }

    private static List<SummaryEntity> Top(IReadOnlyList<Series> series, string family, ulong now)
    {
        List<SummaryEntity> entities = [];
        foreach (Series entry in series.Where(entry => entry.Family.Name == family))
        {
            if (!entry.TryRead(out SeriesValue value))
                continue;
            // A host may send any double; JSON has no infinities.
            double rate = value.RateAt(now);
            if (rate > 0 && double.IsFinite(rate) && double.IsFinite(value.Value))
                entities.Add(new SummaryEntity(rate, value.Value, new Dictionary<string, string>(entry.Labels)));
        }

        return [.. entities.OrderByDescending(entity => entity.CpuCores).Take(TopEntities)];
    }
}

/// <summary>JSON of the answers, without reflection.</summary>
[JsonSerializable(typeof(Summary))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class SummaryJson : JsonSerializerContext;
