namespace OppTel.Telemetry.Entities;

/// <summary>Counters of CPU seconds by entity, as hosts name them.</summary>
public static class EntityMetrics
{
    /// <summary>Of processes.</summary>
    public const string ProcessCpu = "process_cpu_time_seconds_total";

    /// <summary>Of cgroups.</summary>
    public const string CgroupCpu = "opptel_cgroup_cpu_time_seconds_total";
}
