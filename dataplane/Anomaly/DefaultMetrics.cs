namespace OppTel.Anomaly;

/// <summary>The metrics that are looked at unless the configuration names others.</summary>
public static class DefaultMetrics
{
    /// <summary>What is looked at of a host.</summary>
    public static IReadOnlyList<MetricRule> OfHost { get; } = ParseAll(
        "opptel_cgroup_cpu_time_seconds_total",
        "opptel_cgroup_runqueue_delay_seconds_total",
        "opptel_cgroup_context_switches_total by context_switch_type",
        "opptel_runqueue_length",
        "opptel_migrations_total",
        "system_cpu_time_seconds_total by cpu_mode",
        "system_processes_created_total",
        "system_memory_usage_bytes by system_memory_state",
        "system_linux_memory_available_bytes",
        "opptel_memory_dirty_bytes",
        "opptel_memory_writeback_bytes",
        "opptel_swap_free_bytes",
        "opptel_paging_faults_total",
        "opptel_paging_major_faults_total",
        "opptel_oom_kills_total",
        "system_paging_operations_total by system_paging_direction",
        "opptel_reclaim_scanned_pages_total",
        "system_disk_io_bytes_total by disk_io_direction",
        "system_disk_operations_total by disk_io_direction",
        "system_disk_operation_time_seconds_total by disk_io_direction",
        "opptel_cgroup_network_io_bytes_total by network_io_direction",
        "system_network_packets_total by network_io_direction",
        "system_network_errors_total",
        "system_network_dropped_total",
        "opptel_tcp_retransmitted_segments_total",
        "opptel_tcp_resets_total by network_io_direction",
        "opptel_tcp_connections_*",
        "opptel_tcp_listen_*",
        "opptel_softnet_dropped_packets_total",
        "opptel_softnet_time_squeezes_total",
        "opptel_softnet_backlog_packets");

    /// <summary>What is looked at of a cgroup.</summary>
    public static IReadOnlyList<MetricRule> OfCgroup { get; } = ParseAll(
        "opptel_cgroup_cpu_time_seconds_total",
        "opptel_cgroup_runqueue_delay_seconds_total",
        "opptel_cgroup_context_switches_total by context_switch_type",
        "opptel_cgroup_network_io_bytes_total by network_io_direction",
        "opptel_cgroup_memory_usage_bytes",
        "opptel_cgroup_oom_kills_total",
        "opptel_cgroup_paging_faults_total by system_paging_fault_type");

    private static MetricRule[] ParseAll(params string[] texts) =>
        Array.ConvertAll(texts, text => MetricRule.TryParse(text, out MetricRule rule, out string problem) ? rule : throw new FormatException(problem));
}
