namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>Every metric of a host with the source that it has to agree with, or why there is none here.</summary>
internal static class Table
{
    private const string NoCounters = "no such counters in a virtual machine: PerfEventTests, with what perf_event_open says";
    private const string Net = "/proc/net (all) Tcp", Interface = "network_interface_name", Direction = "network_io_direction", Operation = "disk_io_direction";

    /// <summary>Metrics that are compared elsewhere, or that this machine cannot have.</summary>
    public static IReadOnlyDictionary<string, string> Reasons { get; } = new Dictionary<string, string>
    {
        ["hw_gpu_utilization_ratio"] = "no GPU here: GpuTests, with a library of theirs",
        ["hw_gpu_memory_usage_bytes"] = "no GPU here: GpuTests",
        ["hw_gpu_memory_limit_bytes"] = "no GPU here: GpuTests",
        ["hw_power_watts"] = "no GPU here: GpuTests",
        ["hw_energy_joules_total"] = "no GPU here: GpuTests",
        ["hw_temperature_celsius"] = "no GPU here: GpuTests",
        ["opptel_gpu_pcie_bytes_per_second"] = "no GPU here: GpuTests",
        ["opptel_gpu_nvlink_bytes_total"] = "no GPU here: GpuTests",
        ["opptel_cgroup_memory_usage_bytes"] = "no memory controller in the testbed's hierarchy: CgroupMemoryTests, with memory.current or memory.usage_in_bytes",
        ["opptel_cgroup_memory_limit_bytes"] = "as above: CgroupMemoryTests, with memory.max",
        ["opptel_cgroup_oom_kills_total"] = "as above: CgroupMemoryTests, with kills of their own",
        ["opptel_cpu_cycles_total"] = NoCounters,
        ["opptel_cpu_instructions_total"] = NoCounters,
        ["opptel_cpu_cache_references_total"] = NoCounters,
        ["opptel_cpu_cache_misses_total"] = NoCounters,
        ["opptel_cpu_branches_total"] = NoCounters,
        ["opptel_cpu_branch_misses_total"] = NoCounters,
        ["opptel_cpu_paging_faults_total"] = "off by default: PerfEventTests, with /proc/PID/stat",
        ["opptel_cgroup_paging_faults_total"] = "off by default: PerfEventTests, with /proc/PID/stat",
        ["opptel_value_age_seconds"] = "OppTel's own: ScheduleTests, which play the clock",
        ["opptel_deadlines_total"] = "OppTel's own: ScheduleTests, which play the clock",
        ["opptel_fast_readings_total"] = "OppTel's own: FastTests",
        ["opptel_fast_overflows_total"] = "OppTel's own: FastTests",
    };

    /// <summary>The table.</summary>
    public static IReadOnlyList<Row> Rows(Scene scene) =>
    [
        .. scene.Processes.SelectMany(process => OfProcess(process.Key, scene.LabelsOf(process.Value))),
        .. OfBurners([.. scene.Processes.Keys], ("cgroup", scene.LabelOf(Scene.Burners))),
        new Total("opptel_cgroup_network_io_bytes_total", [("cgroup", scene.LabelOf(Scene.Clients)), (Direction, "transmit")], "/proc/net (network) IpExt OutOctets", 1e6),
        new Total("opptel_cgroup_network_io_bytes_total", [("cgroup", scene.LabelOf(Scene.Clients)), (Direction, "receive")], "/proc/net (network) IpExt InOctets", 1e6),
        new Quantiles("opptel_runqueue_wait_seconds", [], "recorder sched_wakeup to sched_switch", RecordKind.Wait, _ => true),
        new Total("opptel_migrations_total", [], "/proc/TID/sched nr_migrations + recorder buried", 10_000),
        .. EachCpu(cpu => new Level("opptel_runqueue_length", [("cpu", cpu)], $"/proc/TID/stat running on {cpu}", Crowded: true, Least: 90)),
        .. EachCpu(cpu => [.. Modes.Select(mode => OfMode(cpu, mode))]),
        new Total("system_context_switches_total", [], "recorder switches", 10_000),
        new Total("system_processes_created_total", [], "recorder forks", 300),
        .. Memory,
        .. OfDisk(("system_device", scene.Disk.Name)),
        .. new[] { "eth0", "lo" }.SelectMany(OfInterface),
        .. EachCpu(OfSoftnet),
        .. Tcp,
        .. SystemCalls.Classes.SelectMany(entry => OfCalls(entry.Key, entry.Value)),
    ];

    private static string[] Modes { get; } = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

    private static Row[] Tcp { get; } =
    [
        new Total("opptel_tcp_connections_opened_total", [], $"{Net} ActiveOpens", 1000),
        new Total("opptel_tcp_connections_accepted_total", [], $"{Net} PassiveOpens", 1000),
        new Total("opptel_tcp_connections_failed_total", [], $"{Net} AttemptFails + connections that the load gave up", 500),
        new Total("opptel_tcp_connections_broken_total", [], $"{Net} EstabResets", 500),
        new Total("opptel_tcp_retransmitted_segments_total", [], $"{Net} RetransSegs", 100),
        new Total("opptel_tcp_resets_total", [(Direction, "transmit")], $"{Net} OutRsts", 500),
        new Total("opptel_tcp_resets_total", [(Direction, "receive")], $"{Net} OutRsts", 500),
        new Quantiles("opptel_tcp_smoothed_rtt_seconds", [], "recorder tcp_probe", RecordKind.Trip, _ => true),
        new Total("opptel_tcp_listen_overflows_total", [], "/proc/net (host) TcpExt ListenOverflows", 20),
        new Total("opptel_tcp_listen_drops_total", [], "/proc/net (host) TcpExt ListenDrops", 20),
    ];

    private static Row[] Memory { get; } =
    [
        Used("free", "MemFree"),
        Used("cached", "Cached"),
        Used("buffers", "Buffers"),
        Used("slab_reclaimable", "SReclaimable"),
        Used("slab_unreclaimable", "SUnreclaim"),
        new Level("system_memory_limit_bytes", [], "/proc/meminfo MemTotal", Least: 1),
        new Level("system_linux_memory_available_bytes", [], "/proc/meminfo MemAvailable", Least: 1),
        new Level("opptel_memory_dirty_bytes", [], "/proc/meminfo Dirty"),
        new Level("opptel_memory_writeback_bytes", [], "/proc/meminfo Writeback"),
        new Level("opptel_swap_limit_bytes", [], "/proc/meminfo SwapTotal"),
        new Level("opptel_swap_free_bytes", [], "/proc/meminfo SwapFree"),
        new Total("opptel_paging_faults_total", [], "/proc/vmstat pgfault", 10_000),
        new Total("opptel_paging_major_faults_total", [], "/proc/vmstat pgmajfault", 100),
        new Total("system_paging_operations_total", [("system_paging_direction", "in")], "/proc/vmstat pswpin", 1000),
        new Total("system_paging_operations_total", [("system_paging_direction", "out")], "/proc/vmstat pswpout", 1000),
        // The machine as a whole is never short of memory here: what it ever counted has to be the same.
        Reclaim("opptel_reclaim_scanned_pages_total", "kswapd", "pgscan_kswapd"),
        Reclaim("opptel_reclaim_scanned_pages_total", "direct", "pgscan_direct"),
        Reclaim("opptel_reclaimed_pages_total", "kswapd", "pgsteal_kswapd"),
        Reclaim("opptel_reclaimed_pages_total", "direct", "pgsteal_direct"),
        new Total("opptel_oom_kills_total", [], "/proc/vmstat oom_kill", 3),
    ];

    private static IEnumerable<Row> EachCpu(Func<string, Row> row) => EachCpu(cpu => [row(cpu)]);

    private static IEnumerable<Row> EachCpu(Func<string, Row[]> rows) => Enumerable.Range(0, Environment.ProcessorCount).SelectMany(cpu => rows($"{cpu}"));

    private static Level Used(string state, string line) => new("system_memory_usage_bytes", [("system_memory_state", state)], $"/proc/meminfo {line}", Least: 1);

    private static Level Reclaim(string metric, string reclaimer, string line) => new(metric, [("reclaimer", reclaimer)], $"/proc/vmstat {line}");

    /// <summary>Ticks are a coarse measure where a mode is rare.</summary>
    private static Total OfMode(string cpu, string mode) =>
        new("system_cpu_time_seconds_total", [("cpu", cpu), ("cpu_mode", mode)], $"/proc/stat cpu{cpu} {mode}", mode is "user" or "system" ? 1 : 0, Unit: 0.01);

    private static Row[] OfProcess(string name, (string, string)[] labels) =>
    [
        new Total("process_cpu_time_seconds_total", labels, $"/proc/PID/stat time of {name}", 0.5, Unit: 0.02),
        new Total("process_context_switches_total", [.. labels, ("process_context_switch_type", "voluntary")], $"/proc/PID/status voluntary of {name}"),
        new Total("process_context_switches_total", [.. labels, ("process_context_switch_type", "involuntary")], $"/proc/PID/status involuntary of {name}", 10),
        new Total("opptel_process_runqueue_delay_seconds_total", labels, $"/proc/PID/schedstat delay of {name}", 0.01),
    ];

    private static Row[] OfBurners(string[] names, (string, string) cgroup)
    {
        string All(string what) => string.Join(" + ", names.Select(name => $"/proc/PID/{what} of {name}"));
        return
        [
            new Total("opptel_cgroup_cpu_time_seconds_total", [cgroup], $"cpu.stat {Scene.Burners} usage", 5),
            new Total("opptel_cgroup_context_switches_total", [cgroup, ("context_switch_type", "voluntary")], All("status voluntary"), 50),
            new Total("opptel_cgroup_context_switches_total", [cgroup, ("context_switch_type", "involuntary")], All("status involuntary"), 50),
            new Total("opptel_cgroup_runqueue_delay_seconds_total", [cgroup], All("schedstat delay"), 1),
        ];
    }

    private static Row[] OfDisk((string, string) device)
    {
        (string Label, string Name)[] groups = [("read", "reads"), ("write", "writes"), ("discard", "discards"), ("flush", "flushes")];
        return
        [
            .. groups[..3].Select(group => new Total("system_disk_io_bytes_total", [device, (Operation, group.Label)], $"/proc/diskstats {group.Name} bytes", 1e6)),
            .. groups.Select(group => new Total("system_disk_operations_total", [device, (Operation, group.Label)], $"/proc/diskstats {group.Name}", 20)),
            .. groups.Select(group => new Total("system_disk_operation_time_seconds_total", [device, (Operation, group.Label)], $"/proc/diskstats {group.Name} time", 0, Unit: 0.001)),
            new Quantiles("opptel_disk_latency_seconds", [device, (Operation, "read")], "recorder block_io_start to block_io_done", RecordKind.Disk, operation => operation == 0),
            new Quantiles("opptel_disk_latency_seconds", [device, (Operation, "write")], "recorder block_io_start to block_io_done", RecordKind.Disk, operation => operation == 1),
        ];
    }

    private static IEnumerable<Row> OfInterface(string name) =>
        from direction in new[] { "transmit", "receive" }
        from column in new[] { ("io_bytes", "bytes"), ("packets", "packets"), ("errors", "errs"), ("dropped", "drop") }
        select new Total(
            $"system_network_{column.Item1}_total",
            [(Interface, name), (Direction, direction)],
            $"/proc/net/dev {name} {direction} {column.Item2}",
            name == "lo" || column.Item2 == "errs" || (direction, column.Item2) == ("transmit", "drop") ? 0 : 100);

    private static Row[] OfSoftnet(string cpu) =>
    [
        new Total("opptel_softnet_processed_packets_total", [("cpu", cpu)], $"/proc/net/softnet_stat {cpu} processed", 0),
        new Total("opptel_softnet_dropped_packets_total", [("cpu", cpu)], $"/proc/net/softnet_stat {cpu} dropped", 0),
        new Total("opptel_softnet_time_squeezes_total", [("cpu", cpu)], $"/proc/net/softnet_stat {cpu} time_squeeze", 0),
        new Level("opptel_softnet_backlog_packets", [("cpu", cpu)], $"/proc/net/softnet_stat {cpu} backlog"),
    ];

    private static Row[] OfCalls(string name, int[] numbers)
    {
        HashSet<int> own = [.. numbers];
        return
        [
            new Total("opptel_syscalls_total", [("class", name)], $"recorder calls {name}", 1000),
            new Quantiles("opptel_syscall_seconds", [("class", name)], "recorder sys_enter to sys_exit", RecordKind.Call, own.Contains),
        ];
    }
}
