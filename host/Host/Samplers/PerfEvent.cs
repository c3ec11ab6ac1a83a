using System.Runtime.InteropServices;
using OppTel.Bpf;
using OppTel.Catalog;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>An event that perf_event_open may know.</summary>
/// <param name="Name">In messages.</param>
/// <param name="Type"><c>enum perf_type_id</c>.</param>
/// <param name="Config">The event among those of this type.</param>
/// <param name="Metric">Its name behind that of its entity.</param>
/// <param name="What">Its plural in a sentence.</param>
/// <param name="Labels">Of both metrics.</param>
internal sealed record PerfEvent(string Name, uint Type, ulong Config, string Metric, string What, params (string Name, string Value)[] Labels)
{
    private const uint Hardware = 0, Software = 1;
    private const string FaultType = "system_paging_fault_type";
    private const string How = "read when the CPU goes to another cgroup, and once a second";

    /// <summary>All that are looked for.</summary>
    public static IReadOnlyList<PerfEvent> All { get; } =
    [
        new("cycles", Hardware, 0, "cycles_total", "Cycles"),
        new("instructions", Hardware, 1, "instructions_total", "Instructions that were completed"),
        new("cache_references", Hardware, 2, "cache_references_total", "Accesses of the last level of the cache"),
        new("cache_misses", Hardware, 3, "cache_misses_total", "Accesses of the last level of the cache that missed it"),
        new("branches", Hardware, 4, "branches_total", "Branch instructions that were completed"),
        new("branch_misses", Hardware, 5, "branch_misses_total", "Branch instructions that were predicted wrong"),
        new("minor_faults", Software, 5, "paging_faults_total", "Page faults", (FaultType, "minor")),
        new("major_faults", Software, 6, "paging_faults_total", "Page faults", (FaultType, "major")),
    ];

    /// <summary>The metric of each CPU.</summary>
    public Metric OfCpu => Counter($"opptel_cpu_{Metric}", $"{What} on a CPU, {How}.", 1, Labels);

    /// <summary>The metric of each cgroup.</summary>
    public Metric OfCgroup => Counter(
        $"opptel_cgroup_{(Type == Hardware ? "cpu_" : "")}{Metric}", $"{What} of the processes of a cgroup, without its children, {How}.", 1, Labels);

    /// <summary>Has a CPU count it; null where the kernel refuses.</summary>
    /// <param name="cpu">An online one.</param>
    /// <param name="refusal">Why; empty where it does not.</param>
    public PerfCounter? TryOpen(int cpu, out string refusal)
    {
        PerfCounter? counter = PerfCounter.TryOpen(Type, Config, cpu, out int error);
        refusal = error == 0 ? "" : $"perf_event_open: {Marshal.GetPInvokeErrorMessage(error)}{Hint(error)}";
        return counter;
    }

    /// <summary>Whether this machine counts it.</summary>
    /// <param name="cpu">One that is asked for all.</param>
    public PerfEventVerdict Judge(int cpu)
    {
        using PerfCounter? counter = TryOpen(cpu, out string refusal);
        return new PerfEventVerdict(Name, refusal);
    }

    private static string Hint(int error) => error switch
    {
        2 or 19 or 95 => "; this CPU does not count it, or the hypervisor does not pass it on",
        1 or 13 => "; CAP_PERFMON is missing",
        38 => "; the kernel is built without CONFIG_PERF_EVENTS",
        _ => "",
    };
}
