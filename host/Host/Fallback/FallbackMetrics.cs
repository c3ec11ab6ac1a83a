using OppTel.Configuration;
using OppTel.Host.Control;
using Prometheus;

namespace OppTel.Host.Fallback;

/// <summary>What /metrics shows of the fallback.</summary>
internal sealed class FallbackMetrics
{
    private readonly FallbackExporter exporter;
    private readonly Gauge mode;
    private readonly Gauge age;
    private readonly Gauge loss;
    private readonly Gauge slots;
    private readonly Counter switches;
    private readonly Counter frames;
    private readonly Counter values;
    private readonly Counter beacons;
    private readonly Counter failures;
    private readonly Gauge collectorUp;

    /// <summary>Registers its families.</summary>
    public FallbackMetrics(FallbackExporter exporter, MetricFactory factory)
    {
        this.exporter = exporter;
        mode = factory.CreateGauge("opptel_host_fallback_mode", "1 for the way on which critical metrics leave now, and why it is this one.", "mode", "reason");
        age = factory.CreateGauge("opptel_host_fallback_mode_seconds", "Time since that way was chosen.");
        loss = factory.CreateGauge("opptel_host_trailer_loss_ratio", "Share of the trailers of about the last second that did not arrive; NaN when too few left to tell.");
        slots = factory.CreateGauge("opptel_host_dedicated_slots", "Slots of critical metrics on a way besides packets, by whether their last value was acknowledged.", "way", "state");
        switches = factory.CreateCounter("opptel_host_fallback_switches_total", "Changes to a way.", "mode");
        frames = factory.CreateCounter("opptel_host_dedicated_frames_total", "Dedicated frames and datagrams, by what became of them.", "way", "outcome");
        values = factory.CreateCounter("opptel_host_dedicated_values_total", "Values in them; those sent again are counted in both.", "way", "kind");
        beacons = factory.CreateCounter("opptel_host_collector_beacons_total", "Datagrams received from the collector, by verdict.", "verdict");
        failures = factory.CreateCounter("opptel_host_collector_failures_total", "Datagrams that the kernel would not take, and times that the collector's name could not be looked up.");
        collectorUp = factory.CreateGauge("opptel_host_collector_up", "Whether the collector answered of late.");
    }

    /// <summary>Takes over what is so now.</summary>
    public void Update()
    {
        foreach (string[] over in mode.GetAllLabelValues())
            mode.RemoveLabelled(over);
        mode.WithLabels(Spelling.SnakeCase($"{exporter.Mode}"), Spelling.SnakeCase($"{exporter.Reason}")).Set(1);
        age.Set((Native.Boottime - exporter.Since) * 1e-9);
        loss.Set(exporter.Loss ?? double.NaN);
        foreach (FallbackMode one in Enum.GetValues<FallbackMode>())
            switches.WithLabels(Spelling.SnakeCase($"{one}")).IncTo(exporter.Switches(one));
        Update("dpu", exporter.Dedicated);
        if (exporter.Collector is not { } collector)
            return;
        Update("collector", collector.Sender);
        foreach (BeaconVerdict verdict in Enum.GetValues<BeaconVerdict>())
            beacons.WithLabels(Spelling.SnakeCase($"{verdict}")).IncTo(collector.Verdicts[(int)verdict]);
        failures.IncTo(collector.Failures);
        collectorUp.Set(collector.IsHeard ? 1 : 0);
    }

    private void Update(string way, DedicatedSender sender)
    {
        DedicatedCounts counts = sender.Counts;
        frames.WithLabels(way, "sent").IncTo(counts.Sent);
        frames.WithLabels(way, "acknowledged").IncTo(counts.Acknowledged);
        frames.WithLabels(way, "lost").IncTo(counts.Lost);
        frames.WithLabels(way, "given_up").IncTo(counts.GivenUp);
        values.WithLabels(way, "sent").IncTo(counts.Values);
        values.WithLabels(way, "retransmitted").IncTo(counts.Retransmitted);
        slots.WithLabels(way, "unacknowledged").Set(sender.Unacknowledged);
        slots.WithLabels(way, "followed").Set(sender.Slots);
        slots.WithLabels(way, "left_out").Set(sender.LeftOut);
    }
}
