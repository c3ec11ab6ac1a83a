using OppTel.Exports.Push;
using OppTel.Telemetry;

namespace OppTel.Exports.Int;

/// <summary>Makes reports of what the receiver publishes; remembers losses from one round to the next.</summary>
/// <param name="receiver">Publishes hosts and series.</param>
/// <param name="medianAge">Median age of a host's records on arrival, lately, in nanoseconds; null when there were none.</param>
/// <param name="now">CLOCK_BOOTTIME, in nanoseconds.</param>
internal sealed class StreamReportSource(Receiver receiver, Func<HostReceiver, ulong?> medianAge, Func<ulong> now)
{
    private const string QueueFamily = "opptel_runqueue_length";
    private readonly Dictionary<(HostReceiver Host, ushort Stream), ulong> losses = [];

    /// <summary>The reports of all hosts, by their order at the receiver.</summary>
    public IReadOnlyList<IReadOnlyList<StreamReport>> Take()
    {
        ILookup<(string Host, string Cpu), ulong> queues = Queues();
        long unixMinusBoot = UnixNanoseconds.Of(DateTimeOffset.UtcNow) - (long)now();
        IReadOnlyList<HostReceiver> hosts = receiver.Hosts;
        foreach ((HostReceiver Host, ushort Stream) gone in losses.Keys.Where(key => !hosts.Contains(key.Host)).ToArray())
            losses.Remove(gone);
        return [.. hosts.Select(host => Of(host, queues, unixMinusBoot))];
    }

    private StreamReport[] Of(HostReceiver host, ILookup<(string Host, string Cpu), ulong> queues, long unixMinusBoot)
    {
        ulong? median = medianAge(host);
        ulong arrival = (ulong)((long)host.LastArrival + unixMinusBoot);
        return
        [
            .. host.StreamCounts.Select(counts =>
            {
                bool hasNewLoss = losses.TryGetValue((host, counts.Stream), out ulong before) && counts.Lost > before;
                losses[(host, counts.Stream)] = counts.Lost;
                ulong? queue = queues[(host.Name, $"{counts.Stream}")].Select(length => (ulong?)length).FirstOrDefault();
                return new StreamReport(counts.Stream, median, queue, arrival, counts.Received, counts.Lost, hasNewLoss);
            }),
        ];
    }

    private ILookup<(string Host, string Cpu), ulong> Queues() => receiver.Series.Snapshot
        .Where(series => series.Family.Name == QueueFamily)
        .Select(series => (Key: (series.Host.Name, series.Labels.FirstOrDefault(label => label.Key == "cpu").Value ?? ""), Value: series.TryRead(out SeriesValue value) ? value.Value : double.NaN))
        .Where(entry => entry.Value >= 0)
        .ToLookup(entry => entry.Key, entry => (ulong)entry.Value);
}
