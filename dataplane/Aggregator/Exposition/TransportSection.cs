using OppTel.Aggregator.Collecting;
using OppTel.Configuration;
using OppTel.Exports;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Exposition;

/// <summary>In which ways records came, and what became of datagrams.</summary>
internal static class TransportSection
{
    /// <summary>Writes the counts of all hosts and, where there is one, of the collector.</summary>
    public static void Write(MetricWriter writer, Receiver receiver, Collector? collector)
    {
        IReadOnlyList<HostReceiver> hosts = receiver.Hosts;
        writer.Begin(Families.TransportRecords);
        foreach (HostReceiver host in hosts)
        {
            foreach (Transport transport in Enum.GetValues<Transport>())
                writer.Sample(host.RecordsBy(transport), ("host", host.Name), ("transport", Label(transport)));
        }

        WriteSeries(writer, receiver.Series.Snapshot);
        writer.Begin(Families.DedicatedFrames);
        foreach (HostReceiver host in hosts)
        {
            writer.Sample(host.DedicatedFrames.Received, ("host", host.Name), ("fate", "received"));
            writer.Sample(host.DedicatedFrames.Lost, ("host", host.Name), ("fate", "lost"));
            writer.Sample(host.DedicatedFrames.Duplicate, ("host", host.Name), ("fate", "duplicate"));
        }

        if (collector is null)
            return;
        writer.Begin(Families.CollectorDatagrams);
        foreach (DatagramOutcome outcome in Enum.GetValues<DatagramOutcome>())
            writer.Sample(collector.Outcome(outcome), ("outcome", Label(outcome)));
        writer.Begin(Families.CollectorBeacons);
        writer.Sample(collector.Beacons, ("fate", "sent"));
        writer.Sample(collector.BeaconsUnsent, ("fate", "failed"));
        writer.Begin(Families.CollectorHosts);
        writer.Sample(receiver.SenderCount);
    }

    private static void WriteSeries(MetricWriter writer, IReadOnlyList<Series> all)
    {
        Dictionary<string, int[]> counts = [];
        foreach (Series series in all)
        {
            if (!series.TryRead(out _))
                continue;
            if (!counts.TryGetValue(series.Host.Name, out int[]? host))
                counts.Add(series.Host.Name, host = new int[Transports.Count]);
            host[(int)series.Transport]++;
        }

        writer.Begin(Families.TransportSeries);
        foreach ((string host, int[] byTransport) in counts)
        {
            foreach (Transport transport in Enum.GetValues<Transport>())
                writer.Sample(byTransport[(int)transport], ("host", host), ("transport", Label(transport)));
        }
    }

    private static string Label<T>(T value)
        where T : struct, Enum => Spelling.SnakeCase($"{value}");
}
