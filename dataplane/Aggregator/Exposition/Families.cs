using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Exposition;

/// <summary>Every metric family that the aggregator itself defines; the one place with their names and meanings.</summary>
internal static class Families
{
    private static readonly List<MetricFamily> Declared = [];

    public static readonly MetricFamily DataplaneUp = Gauge("opptel_dataplane_up", "Whether a live dataplane's segment is attached.");
    public static readonly MetricFamily DataplaneStart = Gauge(
        "opptel_dataplane_start_boottime_seconds", "Boot time clock when the dataplane started.");
    public static readonly MetricFamily Packets = Counter("opptel_dataplane_packets_total", "Packets received and sent by a port.");
    public static readonly MetricFamily Bytes = Counter(
        "opptel_dataplane_bytes_total", "Bytes received and sent by a port, Ethernet header included.");
    public static readonly MetricFamily SendDropped = Counter(
        "opptel_dataplane_send_dropped_total", "Packets that the device did not take.");
    public static readonly MetricFamily Bypassed = Counter(
        "opptel_dataplane_bypassed_total", "Packets of af_packet ports that waited while the dataplane stood still, and that the bypass took its place for.");
    public static readonly MetricFamily Carriers = Counter("opptel_dataplane_carriers_total", "Packets that a trailer was stripped from.");
    public static readonly MetricFamily TrailerBytes = Counter("opptel_dataplane_trailer_bytes_total", "Bytes stripped.");
    public static readonly MetricFamily TunnelCarriers = Counter(
        "opptel_dataplane_tunnel_carriers_total", "Packets that a trailer was stripped from inside a tunnel.");
    public static readonly MetricFamily TunnelDatagrams = Counter(
        "opptel_dataplane_tunnel_datagrams_total", "Datagrams of tunnels that came in fragments, by what became of them; all but complete left as they were.");
    public static readonly MetricFamily Rejected = Counter(
        "opptel_dataplane_rejected_total", "Packets that end like a trailer and were left as they are.");
    public static readonly MetricFamily HandoverLost = Counter(
        "opptel_dataplane_handover_lost_total", "Stripped trailers that found no room in the ring.");
    public static readonly MetricFamily ControlFrames = Counter(
        "opptel_dataplane_control_frames_total", "Control frames by what the dataplane did with them.");
    public static readonly MetricFamily DeviceFaults = Counter("opptel_dataplane_device_faults_total", "Packets that the device lost.");
    public static readonly MetricFamily Beacons = Counter("opptel_dataplane_beacons_total", "Beacons by whether they could be sent.");
    public static readonly MetricFamily Lease = Gauge(
        "opptel_dataplane_lease_seconds", "Lease that the last beacon granted; 0 means that hosts must not append.");
    public static readonly MetricFamily Polls = Counter("opptel_dataplane_worker_polls_total", "Rounds over all ports.");
    public static readonly MetricFamily EmptyPolls = Counter("opptel_dataplane_worker_empty_polls_total", "Rounds that received nothing.");
    public static readonly MetricFamily Sleeps = Counter("opptel_dataplane_worker_sleeps_total", "Sleeps of adaptive polling.");
    public static readonly MetricFamily Allocated = Counter(
        "opptel_dataplane_worker_allocated_bytes_total", "Managed memory that the worker allocated since its loop began.");
    public static readonly MetricFamily Collections = Counter(
        "opptel_dataplane_worker_collections_total", "Garbage collections of the dataplane since the worker's loop began.");

    public static readonly MetricFamily Trailers = Counter("opptel_trailers_total", "Trailers taken in.");
    public static readonly MetricFamily Heartbeats = Counter("opptel_heartbeat_trailers_total", "Trailers that came on heartbeat frames.");
    public static readonly MetricFamily Records = Counter("opptel_records_total", "Records taken in.");
    public static readonly MetricFamily Undecodable = Counter(
        "opptel_records_undecodable_total", "Records, or malformed trailers, that gave no value.");
    public static readonly MetricFamily Age = new(
        "opptel_record_age_seconds", "Time from reading a value on the host to its arrival at the dataplane.", Kind.HistogramBucket);
    public static readonly MetricFamily ClockOffset = Gauge(
        "opptel_host_clock_offset_seconds", "Boot time clock of the dataplane minus that of the host; 0 when they share one.");
    public static readonly MetricFamily ClockDrift = Gauge(
        "opptel_host_clock_drift_ratio", "What the boot time clock of the dataplane gains on that of the host; 0 when they share one.");
    public static readonly MetricFamily Epoch = Gauge("opptel_catalog_epoch", "Newest complete catalog epoch; 0 for none.");
    public static readonly MetricFamily StreamReceived = Counter(
        "opptel_stream_trailers_received_total", "Trailers received, duplicates included.");
    public static readonly MetricFamily StreamLost = Counter("opptel_stream_trailers_lost_total", "Trailers lost for good.");
    public static readonly MetricFamily StreamMissing = Gauge(
        "opptel_stream_trailers_missing", "Trailers among the newest 64 that have not arrived: late or lost.");
    public static readonly MetricFamily StreamDuplicate = Counter("opptel_stream_trailers_duplicate_total", "Trailers received again.");
    public static readonly MetricFamily StreamReordered = Counter(
        "opptel_stream_trailers_reordered_total", "Trailers received after one with a higher number.");
    public static readonly MetricFamily StreamsUntracked = Counter(
        "opptel_stream_trailers_untracked_total", "Trailers of streams beyond the bound.");

    public static readonly MetricFamily TransportRecords = Counter("opptel_transport_records_total", "Records taken in, by the way that they came.");
    public static readonly MetricFamily TransportSeries = Gauge("opptel_transport_series", "Series that are shown, by the way that their last value came.");
    public static readonly MetricFamily DedicatedFrames = Counter(
        "opptel_dedicated_frames_total", "Dedicated frames and datagrams of a host: received, duplicates included, lost for good, and received again.");
    public static readonly MetricFamily CollectorDatagrams = Counter("opptel_collector_datagrams_total", "Datagrams by what became of them.");
    public static readonly MetricFamily CollectorBeacons = Counter("opptel_collector_beacons_total", "Beacons in answer to datagrams, by whether they could be sent.");
    public static readonly MetricFamily CollectorHosts = Gauge("opptel_collector_hosts", "Hosts that send datagrams.");

    public static readonly MetricFamily TopExecutables = Gauge(
        "opptel_top_executable_cpu_time_seconds", "Bounds of the CPU time of the executables that used most, ended processes included.");
    public static readonly MetricFamily TopCgroups = Gauge(
        "opptel_top_cgroup_cpu_time_seconds", "Bounds of the CPU time of the cgroups that used most, ended ones included.");
    public static readonly MetricFamily DistinctEntities = Gauge(
        "opptel_distinct_entities", "Different entities of which records came, in the minute that ended last and in all, within 1.6 %.");

    public static readonly MetricFamily Control = Counter(
        "opptel_aggregator_control_frames_total", "Control frames by what became of them.");
    public static readonly MetricFamily KeyFrames = Counter(
        "opptel_aggregator_key_frames_total", "Control frames that a key has verified, by its fingerprint and file.");
    public static readonly MetricFamily Catalog = Counter(
        "opptel_aggregator_catalog_frames_total", "Catalog frames by what became of them.");
    public static readonly MetricFamily Series = Gauge("opptel_aggregator_series", "Series that are shown, ended ones included.");
    public static readonly MetricFamily SeriesLimit = Gauge("opptel_aggregator_series_limit", "Series that can be kept.");
    public static readonly MetricFamily SeriesRefused = Counter(
        "opptel_aggregator_series_refused_total", "Times that a slot got no series of its own.");
    public static readonly MetricFamily SeriesFolded = Gauge(
        "opptel_aggregator_series_folded", "Series beyond the bound of their metric, which feed its overflow series.");
    public static readonly MetricFamily Distributions = Gauge("opptel_aggregator_distributions", "Distributions that are kept.");
    public static readonly MetricFamily DistributionBytes = Gauge(
        "opptel_aggregator_distribution_bytes", "Memory of distributions and their windows.");
    public static readonly MetricFamily DistributionsRefused = Counter(
        "opptel_aggregator_distributions_refused_total", "Series without a distribution because the memory was used up, or the name was taken.");
    public static readonly MetricFamily DistributionValuesLost = Counter(
        "opptel_aggregator_distribution_values_lost_total", "Values that distributions miss because they came too fast.");
    public static readonly MetricFamily Attachments = Counter("opptel_aggregator_attachments_total", "Segments attached since the start.");
    public static readonly MetricFamily RingPending = Gauge("opptel_aggregator_ring_pending_bytes", "Bytes that wait in the rings.");
    public static readonly MetricFamily RingResyncs = Counter(
        "opptel_aggregator_ring_resyncs_total", "Times that a ring was found damaged and skipped.");
    public static readonly MetricFamily Unroutable = Counter(
        "opptel_aggregator_unroutable_records_total", "Ring records of unknown ports or kinds.");
    public static readonly MetricFamily RecorderMemory = Gauge("opptel_recorder_memory_bytes", "Memory that the recorder takes, set aside or used.");
    public static readonly MetricFamily RecorderLimit = Gauge("opptel_recorder_memory_limit_bytes", "Memory that the recorder may take.");
    public static readonly MetricFamily RecorderRecords = Gauge("opptel_recorder_records", "Records in stored blocks.");
    public static readonly MetricFamily RecorderBlocks = Gauge("opptel_recorder_blocks", "Stored blocks.");
    public static readonly MetricFamily RecorderSeries = Gauge("opptel_recorder_series", "Series that the recorder knows, ended ones with records included.");
    public static readonly MetricFamily RecorderAge = Gauge("opptel_recorder_oldest_record_seconds", "Age of the oldest record in stored blocks.");
    public static readonly MetricFamily RecorderStored = Counter("opptel_recorder_stored_records_total", "Records that were stored.");
    public static readonly MetricFamily RecorderStoredBytes = Counter(
        "opptel_recorder_stored_bytes_total", "Bytes that stored records took, compressed.");
    public static readonly MetricFamily RecorderNotKept = Counter("opptel_recorder_not_kept_total", "Records, or series, that were not kept.");
    public static readonly MetricFamily TriggerFired = Counter("opptel_trigger_fired_total", "Times that a trigger fired.");
    public static readonly MetricFamily TriggerSuppressed = Counter(
        "opptel_trigger_suppressed_total", "Times that a trigger's condition came true within the hold-off.");
    public static readonly MetricFamily TriggerState = Gauge(
        "opptel_trigger_state", "What a trigger does: armed, firing while its condition is true, held_off a short time after; always 1.");
    public static readonly MetricFamily TriggerActions = Counter("opptel_trigger_actions_total", "Actions of triggers by what became of them.");
    public static readonly MetricFamily TriggerSeries = Gauge("opptel_trigger_series", "Series that triggers look at.");
    public static readonly MetricFamily TriggerSeriesLeftOut = Gauge(
        "opptel_trigger_series_left_out", "Series that triggers ought to look at, beyond those that they can.");
    public static readonly MetricFamily TriggerHostsLeftOut = Counter(
        "opptel_trigger_hosts_left_out_total", "Times that a trigger's condition was true for a host beyond those that it tells apart.");

    public static readonly MetricFamily Build = Gauge("opptel_aggregator_build_info", "Version of the aggregator; always 1.");

    public static readonly MetricFamily ExportSent = Counter("opptel_export_points_sent_total", "Points that a target of the exports took.");
    public static readonly MetricFamily ExportRefused = Counter(
        "opptel_export_points_refused_total", "Points that a target refused for good: they are lost.");
    public static readonly MetricFamily ExportDropped = Counter(
        "opptel_export_points_dropped_total", "Points that were dropped because a target took no others in time: they are lost.");
    public static readonly MetricFamily ExportRequests = Counter(
        "opptel_export_requests_total", "Requests to a target, each attempt by itself, by what became of them.");
    public static readonly MetricFamily ExportQueue = Gauge("opptel_export_queue_points", "Points that wait for a target.");
    public static readonly MetricFamily ExportLastSuccess = Gauge(
        "opptel_export_last_success_age_seconds", "Time since a target took something; there is none before it ever did.");

    public static readonly MetricFamily AnomalyScore = Gauge(
        "opptel_anomaly_score", "How unusual a host or a cgroup is, in standard deviations of what it usually does.");
    public static readonly MetricFamily AnomalyThreshold = Gauge("opptel_anomaly_threshold", "What the score usually stays below.");
    public static readonly MetricFamily Anomalies = Counter("opptel_anomalies_total", "Anomalies that have begun.");
    public static readonly MetricFamily AnomalyModels = Gauge("opptel_anomaly_models", "Hosts and cgroups that anomalies are looked for in.");
    public static readonly MetricFamily AnomalyModelsLimit = Gauge("opptel_anomaly_models_limit", "Hosts and cgroups that there is room for.");
    public static readonly MetricFamily AnomalySeriesLeftOut = Gauge(
        "opptel_anomaly_left_out_series", "Series that should be looked at, but for which there is no room in models.");
    public static readonly MetricFamily AnomalySteps = Counter("opptel_anomaly_steps_total", "Looks at all models.");
    public static readonly MetricFamily AnomalyStepsLate = Counter(
        "opptel_anomaly_steps_late_total", "Looks that began more than half a step after their time.");
    public static readonly MetricFamily AnomalyStepsMissed = Counter(
        "opptel_anomaly_steps_missed_total", "Looks that were left out because the ones before took too long.");
    public static readonly MetricFamily AnomalyStepTime = Counter("opptel_anomaly_step_time_seconds_total", "Time that looking took.");
    public static readonly MetricFamily AnomalyDetection = Declare(new MetricFamily(
        "opptel_anomaly_detection_seconds", "Time from the arrival of the first record of what is unusual to the alarm, at most.", Kind.HistogramBucket));

    public static readonly MetricFamily ProcessStart = Gauge("process_start_time_seconds", "Unix time at which the process started.");
    public static readonly MetricFamily ProcessCpu = Counter("process_cpu_seconds_total", "CPU time of the process, user and system.");
    public static readonly MetricFamily ProcessResident = Gauge("process_resident_memory_bytes", "Memory of the process that is resident.");
    public static readonly MetricFamily ProcessVirtual = Gauge("process_virtual_memory_bytes", "Address space of the process.");
    public static readonly MetricFamily ProcessThreads = Gauge("process_threads", "Threads of the process.");
    public static readonly MetricFamily ProcessFiles = Gauge("process_open_fds", "Files that the process has open.");
    public static readonly MetricFamily HeapSize = Gauge("dotnet_gc_heap_bytes", "Managed memory in use, garbage included.");
    public static readonly MetricFamily HeapAllocated = Counter("dotnet_gc_allocated_bytes_total", "Managed memory allocated.");
    public static readonly MetricFamily HeapPauses = Counter("dotnet_gc_pause_seconds_total", "Time that collections stopped all threads for.");
    public static readonly MetricFamily HeapCollections = Counter("dotnet_gc_collections_total", "Garbage collections by generation.");

    /// <summary>Names that hosts may not use: those below, and those that OpenMetrics gives to the counters among them.</summary>
    public static IEnumerable<string> Reserved => Names.Concat(Declared.Where(family => family.Kind == Kind.Counter)
        .Select(family => family.Name[..^"_total".Length]));

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => Declared.Select(family => family.Name).Append(Age.Name);

    private static MetricFamily Counter(string name, string help) => Declare(new MetricFamily(name, help, Kind.Counter));

    private static MetricFamily Gauge(string name, string help) => Declare(new MetricFamily(name, help, Kind.Gauge));

    private static MetricFamily Declare(MetricFamily family)
    {
        Declared.Add(family);
        return family;
    }
}
