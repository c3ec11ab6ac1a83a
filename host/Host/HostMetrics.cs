using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Boosts;
using OppTel.Host.Control;
using OppTel.Host.Fallback;
using OppTel.Host.Keys;
using OppTel.Host.Samplers;
using OppTel.Host.Scheduling;
using OppTel.Producers;
using Prometheus;

namespace OppTel.Host;

/// <summary>The daemon's own metrics; each family is declared here and nowhere else.</summary>
public sealed class HostMetrics
{
    private readonly HostDaemon daemon;
    private readonly Counter packets;
    private readonly Counter trailers;
    private readonly Counter values;
    private readonly Counter bytes;
    private readonly Counter switches;
    private readonly Counter beacons;
    private readonly Counter heartbeats;
    private readonly Counter looksLate;
    private readonly Counter catalogFrames;
    private readonly Counter catalogLeftOut;
    private readonly Counter sendFailures;
    private readonly Counter eventsLost;
    private readonly Counter entitiesOther;
    private readonly Counter threadsOther;
    private readonly Counter dueOvertaken;
    private readonly Counter programTime;
    private readonly Counter programRuns;
    private readonly Counter programMisses;
    private readonly KeyMetrics keys;
    private readonly Gauge dpuUp;
    private readonly Gauge lease;
    private readonly Gauge epoch;
    private readonly Gauge entities;
    private readonly Gauge attached;
    private readonly Gauge samplers;
    private readonly Gauge perfEvents;
    private readonly Gauge readIntervals;
    private readonly Counter readFailures;
    private readonly Counter statsdLines;
    private readonly Counter exporterKeys;
    private readonly Counter producerMessages;
    private readonly Counter boosts;
    private readonly Gauge boostIntervals;
    private readonly Gauge boostsRemaining;
    private readonly Counter producerNotFinite;
    private readonly Gauge producers;
    private readonly Gauge producerSeries;
    private readonly Counter deadlines;
    private readonly Counter samples;
    private readonly Histogram valueAges;
    private readonly ulong[][] agesSeen;
    private readonly FallbackMetrics? fallback;

    /// <summary>Registers all families.</summary>
    public HostMetrics(HostDaemon daemon)
    {
        this.daemon = daemon;
        Registry = Prometheus.Metrics.NewCustomRegistry();
        MetricFactory factory = Prometheus.Metrics.WithCustomRegistry(Registry);
        packets = factory.CreateCounter("opptel_host_packets_total", "Packets seen at TC egress, by what became of them.", "reason");
        trailers = factory.CreateCounter("opptel_host_trailers_total", "Trailers appended, by CPU.", "stream");
        values = factory.CreateCounter("opptel_host_values_total", "Values in the appended trailers.");
        bytes = factory.CreateCounter("opptel_host_trailer_bytes_total", "Bytes of the appended trailers.");
        switches = factory.CreateCounter("opptel_host_context_switches_total", "Context switches that the sampler saw.");
        beacons = factory.CreateCounter("opptel_host_beacons_total", "Control frames received, by verdict.", "verdict");
        heartbeats = factory.CreateCounter("opptel_host_heartbeats_total", "Heartbeats sent, by what made them necessary: a deadline that would have been missed, or silence.", "cause");
        looksLate = factory.CreateCounter("opptel_host_looks_late_total", "Times that a deadline had passed when the daemon looked at what waits: it was held up, or heartbeats do not leave.");
        catalogFrames = factory.CreateCounter("opptel_host_catalog_frames_total", "Catalog frames sent.");
        catalogLeftOut = factory.CreateCounter("opptel_host_catalog_left_out_total", "Times that the catalog was sent without an entity or a series whose labels fit no frame.");
        sendFailures = factory.CreateCounter("opptel_host_control_send_failures_total", "Control frames that the kernel would not take.");
        eventsLost = factory.CreateCounter("opptel_host_events_lost_total", "Kernel events that did not fit the ring buffer.");
        entitiesOther = factory.CreateCounter("opptel_host_entities_other_total", "Times that an entity found no slots of its own.");
        threadsOther = factory.CreateCounter("opptel_host_threads_other_total", "Times that a thread found no room in the sampler's memory of threads.");
        dueOvertaken = factory.CreateCounter("opptel_host_due_overtaken_total", "Times that a slot found no place in a ring and waits for its next change or a refresh.");
        programTime = factory.CreateCounter("opptel_host_program_run_seconds_total", "Run time of a BPF program; counts while kernel.bpf_stats_enabled is 1.", "program");
        programMisses = factory.CreateCounter("opptel_host_program_misses_total", "Times that a hook was passed without running its BPF program.", "program");
        programRuns = factory.CreateCounter("opptel_host_program_runs_total", "Runs of a BPF program; counts while kernel.bpf_stats_enabled is 1.", "program");
        keys = new KeyMetrics(factory);
        dpuUp = factory.CreateGauge("opptel_host_dpu_up", "Whether a beacon came within the last second.");
        lease = factory.CreateGauge("opptel_host_lease_seconds", "What is left of the lease.");
        epoch = factory.CreateGauge("opptel_host_catalog_epoch", "Catalog epoch that trailers carry; 0 for none.");
        entities = factory.CreateGauge("opptel_host_entities", "Processes, cgroups, disks and whatever else has slots of its own in the catalog.");
        attached = factory.CreateGauge("opptel_host_attached", "Whether the egress program is attached to an interface in a mode.", "interface", "mode");
        samplers = factory.CreateGauge("opptel_host_sampler_active", "Whether a sampler runs, and why not.", "sampler", "reason");
        perfEvents = factory.CreateGauge("opptel_host_perf_event_counted", "Whether this machine counts an event, and why not.", "event", "reason");
        readIntervals = factory.CreateGauge("opptel_host_sampler_read_interval_seconds", "Time from one reading to the next of a sampler that reads what no hook counts.", "sampler");
        readFailures = factory.CreateCounter("opptel_host_sampler_read_failures_total", "Times that a sampler could not read its source.", "sampler");
        statsdLines = factory.CreateCounter("opptel_host_statsd_lines_total", "StatsD lines by what became of them.", "outcome");
        exporterKeys = factory.CreateCounter("opptel_host_ebpf_exporter_keys_total", "Keys of the maps of a configuration of ebpf_exporter, by what became of them when they were first seen.", "config", "outcome");
        producerMessages = factory.CreateCounter("opptel_host_producer_messages_total", "Messages of programs that bring metrics, and their connections that ended without one, by what became of them.", "verdict");
        producerNotFinite = factory.CreateCounter("opptel_host_producer_not_finite_total", "Values of such programs that were no numbers, and were passed over.");
        producers = factory.CreateGauge("opptel_host_producers", "Such programs that are connected.");
        producerSeries = factory.CreateGauge("opptel_host_producer_series", "Their series.");
        samples = factory.CreateCounter("opptel_host_samples_total", "Samples in the appended trailers.");
        boosts = factory.CreateCounter("opptel_host_boosts_total", "Wishes of a DPU to have a metric read more often, by what became of them.", "verdict");
        boostIntervals = factory.CreateGauge("opptel_host_boost_interval_seconds", "Time from one reading to the next of a metric that is read more often now.", "metric");
        boostsRemaining = factory.CreateGauge("opptel_host_boost_remaining_seconds", "How long that lasts, unless the DPU asks again.", "metric");
        deadlines = factory.CreateCounter("opptel_host_deadlines_total", "Values that left within the maximum age of their class, and those that did not.", "class", "deadline");
        valueAges = factory.CreateHistogram(
            "opptel_host_value_age_seconds",
            "Time that changed values waited for a carrier; the sum is made of the middles of the buckets.",
            ["class"],
            new HistogramConfiguration { Buckets = AgeBounds });
        agesSeen = [.. daemon.Kernel.Classes.All.Select(_ => new ulong[HostMaps.AgeBuckets])];
        fallback = daemon.Fallback is { } exporter ? new FallbackMetrics(exporter, factory) : null;
        Registry.AddBeforeCollectCallback(Update);
    }

    /// <summary>What /metrics shows.</summary>
    public CollectorRegistry Registry { get; }

    private void Update()
    {
        HostStream sum = default;
        for (int cpu = 0; cpu < daemon.Kernel.Streams.Count; cpu++)
            Add(ref sum, daemon.Kernel.Streams[cpu], cpu);
        foreach (EgressReason reason in Enum.GetValues<EgressReason>())
            packets.WithLabels(Spelling.SnakeCase(reason.ToString())).IncTo(sum.Reason[(int)reason]);
        values.IncTo(sum.Values);
        bytes.IncTo(sum.Bytes);
        samples.IncTo(sum.Samples);
        switches.IncTo(sum.Switches);
        foreach (BeaconVerdict verdict in Enum.GetValues<BeaconVerdict>())
            beacons.WithLabels(Spelling.SnakeCase(verdict.ToString())).IncTo(daemon.Verdicts[(int)verdict]);
        heartbeats.WithLabels("deadline").IncTo(daemon.Heartbeats.Sent(HeartbeatCause.Deadline));
        heartbeats.WithLabels("silence").IncTo(daemon.Heartbeats.Sent(HeartbeatCause.Silence));
        looksLate.IncTo(daemon.Heartbeats.LateLooks);
        catalogFrames.IncTo(daemon.CatalogFramesSent);
        catalogLeftOut.IncTo(daemon.CatalogEntitiesLeftOut);
        sendFailures.IncTo(daemon.SendFailures);
        eventsLost.IncTo(daemon.Kernel.EventsLost);
        entitiesOther.IncTo(daemon.Kernel.EntitiesOther);
        threadsOther.IncTo(daemon.Kernel.ThreadsOther);
        dueOvertaken.IncTo(daemon.Kernel.DueOvertaken);
        foreach ((string program, ProgramCost cost) in daemon.Kernel.Costs)
        {
            programTime.WithLabels(program).IncTo(cost.Nanoseconds * 1e-9);
            programRuns.WithLabels(program).IncTo(cost.Count);
            programMisses.WithLabels(program).IncTo(cost.Misses);
        }

        foreach ((string outcome, ulong lines) in daemon.Kernel.Samplers.StatsdLines)
            statsdLines.WithLabels(outcome).IncTo(lines);
        foreach ((string config, string outcome, ulong keys) in daemon.Kernel.Samplers.ExporterKeys)
            exporterKeys.WithLabels(config, outcome).IncTo(keys);
        if (daemon.Kernel.Samplers.Producers is { } programs)
        {
            foreach ((ProducerVerdict verdict, ulong count) in programs.Verdicts)
                producerMessages.WithLabels(Spelling.SnakeCase($"{verdict}")).IncTo(count);
            producerNotFinite.IncTo(programs.NotFinite);
            producers.Set(programs.Producers);
            producerSeries.Set(programs.Series);
        }

        UpdateAges();
        UpdateBoosts();
        keys.Update(daemon);
        fallback?.Update();
        dpuUp.Set(daemon.HearsDpu ? 1 : 0);
        lease.Set(daemon.Lease.TotalSeconds);
        epoch.Set(daemon.Book.StampedEpoch);
        entities.Set(daemon.Book.Count);
        foreach (string sampler in daemon.Kernel.Samplers.Running)
            samplers.WithLabels(sampler, "").Set(1);
        foreach ((string sampler, string reason) in daemon.Kernel.Samplers.Absent)
            samplers.WithLabels(sampler, reason).Set(0);
        foreach (PerfEventVerdict verdict in daemon.Kernel.Samplers.PerfEvents)
            perfEvents.WithLabels(verdict.Event, verdict.Refusal).Set(verdict.Refusal.Length == 0 ? 1 : 0);
        foreach ((string sampler, TimeSpan interval, ulong failures) in daemon.Kernel.Samplers.Readers)
        {
            readIntervals.WithLabels(sampler).Set(interval.TotalSeconds);
            readFailures.WithLabels(sampler).IncTo(failures);
        }

        foreach ((string name, AttachMode? by) in daemon.Attached)
        {
            foreach (AttachMode mode in (AttachMode[])[AttachMode.Tcx, AttachMode.Clsact])
                attached.WithLabels(name, Spelling.SnakeCase(mode.ToString())).Set(by == mode ? 1 : 0);
        }
    }

    private static double[] AgeBounds { get; } =
        [.. Enumerable.Range((int)HistogramLayout.LeastBits, HostMaps.AgeBuckets - 1).Select(bits => (1ul << bits) * 1e-9)];

    private void UpdateAges()
    {
        for (int number = 0; number < agesSeen.Length; number++)
        {
            string name = daemon.Kernel.Classes.All[number].Name;
            ClassAges ages = daemon.Kernel.Ages.Of(number);
            deadlines.WithLabels(name, "met").IncTo(ages.Met);
            deadlines.WithLabels(name, "missed").IncTo(ages.Missed);
            for (int bucket = 0; bucket < ages.Counts.Length; bucket++)
            {
                if (ages.Counts[bucket] > agesSeen[number][bucket])
                    valueAges.WithLabels(name).Observe(0.75e-9 * (1ul << (bucket + (int)HistogramLayout.LeastBits)), (long)(ages.Counts[bucket] - agesSeen[number][bucket]));
                agesSeen[number][bucket] = ages.Counts[bucket];
            }
        }
    }

    private void UpdateBoosts()
    {
        foreach (BoostVerdict verdict in Enum.GetValues<BoostVerdict>())
            boosts.WithLabels(Spelling.SnakeCase($"{verdict}")).IncTo(daemon.Boosts.Verdicts(verdict));
        IReadOnlyList<ActiveBoost> active = daemon.Boosts.Active;
        foreach (string[] over in boostIntervals.GetAllLabelValues().Where(labels => !active.Any(boost => boost.Metric == labels[0])))
        {
            boostIntervals.RemoveLabelled(over);
            boostsRemaining.RemoveLabelled(over);
        }

        ulong now = Native.Boottime;
        foreach (ActiveBoost boost in active)
        {
            boostIntervals.WithLabels(boost.Metric).Set(boost.Interval.TotalSeconds);
            boostsRemaining.WithLabels(boost.Metric).Set(boost.Until > now ? (boost.Until - now) * 1e-9 : 0);
        }
    }

    private void Add(ref HostStream sum, in HostStream stream, int cpu)
    {
        trailers.WithLabels(cpu.ToString(System.Globalization.CultureInfo.InvariantCulture)).IncTo(stream.Trailers);
        sum.Values += stream.Values;
        sum.Bytes += stream.Bytes;
        sum.Samples += stream.Samples;
        sum.Switches += stream.Switches;
        for (int reason = 0; reason < EgressReasonCounts.Count; reason++)
            sum.Reason[reason] += stream.Reason[reason];
    }
}
