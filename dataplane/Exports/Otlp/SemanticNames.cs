using System.Collections.Concurrent;
using System.Collections.Frozen;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Otlp;

/// <summary>
/// Names of metrics by OpenTelemetry's semantic conventions, from their names in Prometheus spelling. Those of hosts stand in a table;
/// OppTel's other ones follow from their parts; what others bring keeps its name, without what Prometheus adds.
/// </summary>
internal static class SemanticNames
{
    private const string Own = "opptel_";

    /// <summary>What a suffix of a name says of its unit; the longest ones first.</summary>
    private static readonly (string Suffix, string Unit)[] Units =
    [
        ("_bytes_per_second", "By/s"), ("_seconds", "s"), ("_bytes", "By"), ("_joules", "J"), ("_watts", "W"), ("_celsius", "Cel"), ("_ratio", "1"),
        ("_packets", "{packet}"), ("_trailers", "{trailer}"), ("_records", "{record}"), ("_points", "{point}"), ("_frames", "{frame}"),
    ];

    /// <summary>Host metrics, and those of the aggregator's own process. A letter behind the unit: a for an amount that can be summed up.</summary>
    private static readonly FrozenDictionary<string, SemanticMetric> Table = Parse(
        """
        process_cpu_time_seconds_total                     process.cpu.time                        s
        process_context_switches_total                     process.context_switches                {context_switch}
        system_cpu_time_seconds_total                      system.cpu.time                         s
        system_context_switches_total                      system.context_switches                 {context_switch}
        system_processes_created_total                     system.process.created                  {process}
        system_memory_usage_bytes                          system.memory.usage                     By a
        system_memory_limit_bytes                          system.memory.limit                     By a
        system_linux_memory_available_bytes                system.memory.linux.available           By a
        system_paging_operations_total                     system.paging.operations                {operation}
        system_disk_io_bytes_total                         system.disk.io                          By
        system_disk_operations_total                       system.disk.operations                  {operation}
        system_disk_operation_time_seconds_total           system.disk.operation_time              s
        system_network_io_bytes_total                      system.network.io                       By
        system_network_packets_total                       system.network.packet.count             {packet}
        system_network_dropped_total                       system.network.packet.dropped           {packet}
        system_network_errors_total                        system.network.errors                   {error}
        hw_gpu_utilization_ratio                           hw.gpu.utilization                      1
        hw_gpu_memory_usage_bytes                          hw.gpu.memory.usage                     By a
        hw_gpu_memory_limit_bytes                          hw.gpu.memory.limit                     By a
        hw_power_watts                                     hw.power                                W
        hw_energy_joules_total                             hw.energy                               J
        hw_temperature_celsius                             hw.temperature                          Cel
        opptel_process_runqueue_delay_seconds_total        opptel.process.runqueue.delay           s
        opptel_cgroup_cpu_time_seconds_total               opptel.cgroup.cpu.time                  s
        opptel_cgroup_runqueue_delay_seconds_total         opptel.cgroup.runqueue.delay            s
        opptel_cgroup_context_switches_total               opptel.cgroup.context_switches          {context_switch}
        opptel_cgroup_network_io_bytes_total               opptel.cgroup.network.io                By
        opptel_cgroup_memory_usage_bytes                   opptel.cgroup.memory.usage              By
        opptel_cgroup_memory_limit_bytes                   opptel.cgroup.memory.limit              By
        opptel_cgroup_oom_kills_total                      opptel.cgroup.oom_kills                 {process}
        opptel_cgroup_paging_faults_total                  opptel.cgroup.paging.faults             {fault}
        opptel_cgroup_cpu_cycles_total                     opptel.cgroup.cpu.cycles                {cycle}
        opptel_cgroup_cpu_instructions_total               opptel.cgroup.cpu.instructions          {instruction}
        opptel_cgroup_cpu_cache_references_total           opptel.cgroup.cpu.cache.references      {reference}
        opptel_cgroup_cpu_cache_misses_total               opptel.cgroup.cpu.cache.misses          {miss}
        opptel_cgroup_cpu_branches_total                   opptel.cgroup.cpu.branches              {branch}
        opptel_cgroup_cpu_branch_misses_total              opptel.cgroup.cpu.branch.misses         {miss}
        opptel_cpu_paging_faults_total                     opptel.cpu.paging.faults                {fault}
        opptel_cpu_cycles_total                            opptel.cpu.cycles                       {cycle}
        opptel_cpu_instructions_total                      opptel.cpu.instructions                 {instruction}
        opptel_cpu_cache_references_total                  opptel.cpu.cache.references             {reference}
        opptel_cpu_cache_misses_total                      opptel.cpu.cache.misses                 {miss}
        opptel_cpu_branches_total                          opptel.cpu.branches                     {branch}
        opptel_cpu_branch_misses_total                     opptel.cpu.branch.misses                {miss}
        opptel_runqueue_wait_seconds                       opptel.runqueue.wait                    s
        opptel_runqueue_length                             opptel.runqueue.length                  {thread}
        opptel_migrations_total                            opptel.migrations                       {migration}
        opptel_memory_dirty_bytes                          opptel.memory.dirty                     By a
        opptel_memory_writeback_bytes                      opptel.memory.writeback                 By a
        opptel_swap_limit_bytes                            opptel.swap.limit                       By a
        opptel_swap_free_bytes                             opptel.swap.free                        By a
        opptel_paging_faults_total                         opptel.paging.faults                    {fault}
        opptel_paging_major_faults_total                   opptel.paging.major_faults              {fault}
        opptel_oom_kills_total                             opptel.oom_kills                        {process}
        opptel_reclaim_scanned_pages_total                 opptel.reclaim.scanned                  {page}
        opptel_reclaimed_pages_total                       opptel.reclaim.reclaimed                {page}
        opptel_disk_latency_seconds                        opptel.disk.latency                     s
        opptel_gpu_pcie_bytes_per_second                   opptel.gpu.pcie.throughput              By/s
        opptel_gpu_nvlink_bytes_total                      opptel.gpu.nvlink.io                    By
        opptel_syscalls_total                              opptel.syscall.count                    {call}
        opptel_syscall_seconds                             opptel.syscall.duration                 s
        opptel_tcp_connections_opened_total                opptel.tcp.connections.opened           {connection}
        opptel_tcp_connections_accepted_total              opptel.tcp.connections.accepted         {connection}
        opptel_tcp_connections_failed_total                opptel.tcp.connections.failed           {connection}
        opptel_tcp_connections_broken_total                opptel.tcp.connections.broken           {connection}
        opptel_tcp_retransmitted_segments_total            opptel.tcp.segments.retransmitted       {segment}
        opptel_tcp_resets_total                            opptel.tcp.resets                       {reset}
        opptel_tcp_smoothed_rtt_seconds                    opptel.tcp.smoothed_rtt                 s
        opptel_tcp_listen_overflows_total                  opptel.tcp.listen.overflows             {connection}
        opptel_tcp_listen_drops_total                      opptel.tcp.listen.drops                 {connection}
        opptel_softnet_processed_packets_total             opptel.softnet.packets.processed        {packet}
        opptel_softnet_dropped_packets_total               opptel.softnet.packets.dropped          {packet}
        opptel_softnet_time_squeezes_total                 opptel.softnet.time_squeezes            {squeeze}
        opptel_softnet_backlog_packets                     opptel.softnet.backlog                  {packet}
        opptel_value_age_seconds                           opptel.value.age                        s
        opptel_deadlines_total                             opptel.deadlines                        {deadline}
        opptel_fast_readings_total                         opptel.fast.readings                    {reading}
        opptel_fast_overflows_total                        opptel.fast.overflows                   {reading}
        process_start_time_seconds                         opptel.process.start_time               s
        process_cpu_seconds_total                          process.cpu.time                        s
        process_resident_memory_bytes                      process.memory.usage                    By a
        process_virtual_memory_bytes                       process.memory.virtual                  By a
        process_threads                                    process.thread.count                    {thread} a
        process_open_fds                                   process.unix.file_descriptor.count      {file_descriptor} a
        dotnet_gc_heap_bytes                               opptel.dotnet.heap                      By a
        dotnet_gc_allocated_bytes_total                    dotnet.gc.heap.total_allocated          By
        dotnet_gc_pause_seconds_total                      dotnet.gc.pause.time                    s
        dotnet_gc_collections_total                        dotnet.gc.collections                   {collection}
        """);

    private static readonly ConcurrentDictionary<(string Name, Kind Kind), SemanticMetric> Derived = [];

    /// <summary>Names that have a row of their own, in Prometheus spelling.</summary>
    public static IEnumerable<string> Known => Table.Keys;

    /// <summary>What OpenTelemetry calls the metrics of a family.</summary>
    public static SemanticMetric Of(MetricFamily family)
    {
        if (Table.TryGetValue(family.Name, out SemanticMetric? known))
            return known;
        // Hosts choose these names; they are no more than the series are, but they change.
        if (Derived.Count > 10_000)
            Derived.Clear();
        return Derived.GetOrAdd((family.Name, family.Kind), static key => Derive(key.Name, key.Kind));
    }

    private static SemanticMetric Derive(string name, Kind kind)
    {
        const string Total = "_total";
        string bare = kind == Kind.Counter && name.EndsWith(Total, StringComparison.Ordinal) ? name[..^Total.Length] : name;
        (string suffix, string unit) = Array.Find(Units, candidate => bare.EndsWith(candidate.Suffix, StringComparison.Ordinal) && bare.Length > candidate.Suffix.Length);
        // What is counted is a unit, but no suffix.
        if (suffix is not null && unit[0] != '{')
            bare = bare[..^suffix.Length];
        bool isOwn = name.StartsWith(Own, StringComparison.Ordinal);
        return new SemanticMetric(isOwn ? Dotted(bare) : bare, unit ?? "", IsWhole: false, IsAdditive: false);
    }

    /// <summary>The first two underscores become dots: opptel.stream.trailers_lost.</summary>
    private static string Dotted(string name)
    {
        int second = name.IndexOf('_', Own.Length);
        return second < 0 ? $"opptel.{name[Own.Length..]}" : $"opptel.{name[Own.Length..second]}.{name[(second + 1)..]}";
    }

    private static FrozenDictionary<string, SemanticMetric> Parse(string table) => table.Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .ToFrozenDictionary(
            row => row[0],
            row => new SemanticMetric(row[1], row[2], IsWhole: row[2] == "By" || row[2][0] == '{', IsAdditive: row.Length > 3));
}
