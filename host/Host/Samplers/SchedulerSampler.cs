using OppTel.Bpf;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>CPU time, context switches and waits for a CPU. Source: bpf/samplers/scheduler.bpf.c.</summary>
internal static class SchedulerSampler
{
    private const string Switches = "Context switches of a process.";
    private const string CgroupSwitches = "Context switches of the processes of a cgroup.";

    public static Sampler Definition { get; } = new(
        "scheduler",
        ["opptel_process_exec", "opptel_sched_switch"],
        new Dictionary<EntityKind, IReadOnlyList<OppTel.Catalog.Metric>>
        {
            [EntityKind.Process] =
            [
                Counter(1, "process_cpu_time_seconds_total", "CPU time of a process, from the scheduler's own account.", Nanoseconds),
                Counter(2, "process_context_switches_total", Switches, 1, ("process_context_switch_type", "voluntary")),
                Counter(3, "process_context_switches_total", Switches, 1, ("process_context_switch_type", "involuntary")),
                Counter(4, "opptel_process_runqueue_delay_seconds_total", "Time that a process was runnable but had no CPU.", Nanoseconds),
            ],
            [EntityKind.Cgroup] =
            [
                Counter(5, "opptel_cgroup_cpu_time_seconds_total", "CPU time of the processes of a cgroup, without its children.", Nanoseconds),
                Counter(6, "opptel_cgroup_context_switches_total", CgroupSwitches, 1, ("context_switch_type", "voluntary")),
                Counter(7, "opptel_cgroup_context_switches_total", CgroupSwitches, 1, ("context_switch_type", "involuntary")),
                Counter(8, "opptel_cgroup_runqueue_delay_seconds_total", "Time that processes of a cgroup were runnable but had no CPU.", Nanoseconds),
            ],
        },
        [new FixedBlock(FixedSlot.RunQueueWait, Histogram(1000, "opptel_runqueue_wait_seconds", "Waits of runnable threads for a CPU, one for each time that they got one."))]);
}
