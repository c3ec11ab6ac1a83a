using OppTel.Aggregator.Commands;
using OppTel.Aggregator.Draining;
using OppTel.Configuration;
using OppTel.Exports;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Aggregator.Exposition;

/// <summary>The parts of the exposition that the aggregator defines.</summary>
internal static class OwnSections
{
    /// <summary>What the dataplane counts.</summary>
    public static void WriteDataplane(MetricWriter writer, AggregatorView view)
    {
        writer.Begin(Families.DataplaneUp);
        writer.Sample(view.IsReady ? 1 : 0);
        if (view.Dataplane is not { } dataplane)
            return;
        writer.Begin(Families.DataplaneStart);
        writer.Sample(dataplane.Started / 1e9);
        WritePorts(writer, dataplane.Ports);
        WriteHostPorts(writer, [.. dataplane.Ports.Where(port => port.Side == PortSide.Host)], dataplane.IsFresh);
        ForEach(writer, Families.Polls, dataplane.Workers, WorkerCounter.Polls);
        ForEach(writer, Families.EmptyPolls, dataplane.Workers, WorkerCounter.EmptyPolls);
        ForEach(writer, Families.Sleeps, dataplane.Workers, WorkerCounter.Sleeps);
        ForEach(writer, Families.Allocated, dataplane.Workers, WorkerCounter.AllocatedBytes);
        ForEach(writer, Families.Collections, dataplane.Workers, WorkerCounter.Collections);
    }

    /// <summary>What arrived from each host.</summary>
    public static void WriteHosts(MetricWriter writer, IReadOnlyList<HostReceiver> hosts)
    {
        ForEach(writer, Families.Trailers, hosts, host => host.Trailers);
        ForEach(writer, Families.Heartbeats, hosts, host => host.Heartbeats);
        ForEach(writer, Families.Records, hosts, host => host.Records);
        ForEach(writer, Families.ClockOffset, hosts, host => host.ClockOffset / 1e9);
        ForEach(writer, Families.ClockDrift, hosts, host => host.ClockDrift);
        ForEach(writer, Families.Epoch, hosts, host => host.Catalog.Epoch);
        ForEach(writer, Families.StreamsUntracked, hosts, host => host.Streams.Untracked);
        ForEach(writer, Families.StreamReceived, hosts, counts => counts.Received);
        ForEach(writer, Families.StreamLost, hosts, counts => counts.Lost);
        ForEach(writer, Families.StreamMissing, hosts, counts => counts.Missing);
        ForEach(writer, Families.StreamDuplicate, hosts, counts => counts.Duplicate);
        ForEach(writer, Families.StreamReordered, hosts, counts => counts.Reordered);
        writer.Begin(Families.Undecodable);
        foreach (HostReceiver host in hosts)
        {
            foreach (UndecodableReason reason in Enum.GetValues<UndecodableReason>())
                writer.Sample(host.Undecodable(reason), ("host", host.Name), ("reason", Label(reason)));
        }

        writer.Begin(Families.Age);
        foreach (HostReceiver host in hosts)
            WriteAges(writer, host);
    }

    /// <summary>What the aggregator did itself.</summary>
    public static void WriteAggregator(MetricWriter writer, AggregatorView view, Receiver receiver)
    {
        ForEach<ControlOutcome>(writer, Families.Control, "outcome", outcome => receiver.Control(outcome));
        ForEach<CatalogOutcome>(writer, Families.Catalog, "outcome", outcome => receiver.Catalog(outcome));
        ForEach<SeriesRefusal>(writer, Families.SeriesRefused, "reason", reason => receiver.Series.Refused(reason));
        Write(writer, Families.Series, receiver.Series.Snapshot.Count);
        Write(writer, Families.SeriesLimit, receiver.Series.Capacity);
        Write(writer, Families.SeriesFolded, receiver.Series.Folded);
        Write(writer, Families.Attachments, view.Attachments);
        Write(writer, Families.RingPending, view.PendingBytes);
        Write(writer, Families.RingResyncs, view.Resyncs);
        Write(writer, Families.Unroutable, view.Unroutable);
        writer.Begin(Families.Build);
        writer.Sample(1, ("version", VersionCommand.Version));
    }

    private static void WritePorts(MetricWriter writer, IReadOnlyList<PortSnapshot> ports)
    {
        writer.Begin(Families.Packets);
        foreach (PortSnapshot port in ports)
        {
            writer.Sample(port[PortCounter.RxPackets], ("port", port.Name), ("direction", "receive"));
            writer.Sample(port[PortCounter.TxPackets], ("port", port.Name), ("direction", "send"));
        }

        writer.Begin(Families.Bytes);
        foreach (PortSnapshot port in ports)
        {
            writer.Sample(port[PortCounter.RxBytes], ("port", port.Name), ("direction", "receive"));
            writer.Sample(port[PortCounter.TxBytes], ("port", port.Name), ("direction", "send"));
        }

        ForEach(writer, Families.SendDropped, ports, port => port[PortCounter.TxDropped]);
        ForEach(writer, Families.Bypassed, ports, port => port[PortCounter.Bypassed]);
        ForEach(writer, Families.ControlFrames, ports, "fate",
            ("handed_over", port => port[PortCounter.ControlFrames]),
            ("dropped", port => port[PortCounter.ControlDropped]),
            ("lost", port => port[PortCounter.ControlLost]),
            ("foreign", port => port[PortCounter.ControlForeign]));
        ForEach(writer, Families.DeviceFaults, ports, "fault",
            ("receive_missed", port => port.DeviceMissed),
            ("receive_error", port => port.DeviceErrors),
            ("no_mbuf", port => port.DeviceNoMbuf),
            ("send_error", port => port.DeviceSendErrors));
    }

    private static void WriteHostPorts(MetricWriter writer, IReadOnlyList<PortSnapshot> ports, bool isFresh)
    {
        ForEach(writer, Families.Carriers, ports, port => port[PortCounter.Carriers]);
        ForEach(writer, Families.TrailerBytes, ports, port => port[PortCounter.TrailerBytes]);
        ForEach(writer, Families.HandoverLost, ports, port => port[PortCounter.HandoverLost]);
        ForEach(writer, Families.TunnelCarriers, ports, port => port[PortCounter.Tunnelled]);
        ForEach(writer, Families.TunnelDatagrams, ports, "fate", [.. TunnelFates]);
        // A dataplane that is gone grants nothing, whatever its last word was.
        ForEach(writer, Families.Lease, ports, port => isFresh ? port.LeaseMilliseconds / 1e3 : 0);
        ForEach(writer, Families.Beacons, ports, "fate", ("sent", port => port.BeaconsSent), ("failed", port => port.BeaconsFailed));
        writer.Begin(Families.Rejected);
        foreach (PortSnapshot port in ports)
        {
            // The first two are no rejections.
            for (int reason = (int)StripReason.UnknownVersion; reason < StripReasons.Count; reason++)
                writer.Sample(port.Rejected(reason), ("port", port.Name), ("reason", ((StripReason)reason).Label()));
        }
    }

    private static void WriteAges(MetricWriter writer, HostReceiver host)
    {
        AgeSnapshot ages = host.Ages.Published;
        Exemplar[] exemplars =
        [
            .. ages.Exemplars.Select(exemplar => new Exemplar(
                exemplar.Seconds,
                UnixClock.Instance.At(exemplar.Arrival),
                [("stream", exemplar.Stream.ToString()), ("seq", exemplar.Sequence.ToString())])),
        ];
        writer.Histogram(ages.Histogram, exemplars, ("host", host.Name));
    }

    private static string Label<T>(T value)
        where T : struct, Enum => Spelling.SnakeCase(value.ToString());

    private static void Write(MetricWriter writer, MetricFamily family, double value)
    {
        writer.Begin(family);
        writer.Sample(value);
    }

    private static IEnumerable<(string Fate, Func<PortSnapshot, double> Value)> TunnelFates =>
        Enum.GetValues<FragmentFate>()
            .Select(fate => (fate.Label(), (Func<PortSnapshot, double>)(port => port[PortCounter.FragmentsReleased + (int)fate])))
            .Prepend(("complete", port => port[PortCounter.FragmentedDatagrams]));

    private static void ForEach(
        MetricWriter writer, MetricFamily family, IReadOnlyList<WorkerSnapshot> workers, WorkerCounter counter)
    {
        writer.Begin(family);
        for (int worker = 0; worker < workers.Count; worker++)
            writer.Sample(workers[worker][counter], ("worker", worker.ToString()));
    }

    private static void ForEach(
        MetricWriter writer, MetricFamily family, IReadOnlyList<PortSnapshot> ports, Func<PortSnapshot, double> value)
    {
        writer.Begin(family);
        foreach (PortSnapshot port in ports)
            writer.Sample(value(port), ("port", port.Name));
    }

    private static void ForEach(
        MetricWriter writer, MetricFamily family, IReadOnlyList<PortSnapshot> ports, string label,
        params ReadOnlySpan<(string Label, Func<PortSnapshot, double> Value)> values)
    {
        writer.Begin(family);
        foreach (PortSnapshot port in ports)
        {
            foreach ((string text, Func<PortSnapshot, double> value) in values)
                writer.Sample(value(port), ("port", port.Name), (label, text));
        }
    }

    private static void ForEach(
        MetricWriter writer, MetricFamily family, IReadOnlyList<HostReceiver> hosts, Func<HostReceiver, double> value)
    {
        writer.Begin(family);
        foreach (HostReceiver host in hosts)
            writer.Sample(value(host), ("host", host.Name));
    }

    private static void ForEach(
        MetricWriter writer, MetricFamily family, IReadOnlyList<HostReceiver> hosts, Func<StreamCounts, double> value)
    {
        writer.Begin(family);
        foreach (HostReceiver host in hosts)
        {
            foreach (StreamCounts counts in host.StreamCounts)
                writer.Sample(value(counts), ("host", host.Name), ("stream", counts.Stream.ToString()));
        }
    }

    private static void ForEach<T>(MetricWriter writer, MetricFamily family, string label, Func<T, double> value)
        where T : struct, Enum
    {
        writer.Begin(family);
        foreach (T entry in Enum.GetValues<T>())
            writer.Sample(value(entry), (label, Label(entry)));
    }
}
