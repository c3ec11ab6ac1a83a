using OppTel.Bpf;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>CPU time, context switches and waits for a CPU. Source: bpf/samplers/scheduler.bpf.c; parts in the order of <see cref="RunSlot"/>.</summary>
internal static class SchedulerSampler
{
    private const string Switches = "Context switches of a process.";
    private const string CgroupSwitches = "Context switches of the processes of a cgroup.";

    public static Sampler Definition { get; } = new(
        "scheduler",
        ["opptel_process_exec", "opptel_migrate_task", "opptel_wakeup", "opptel_wakeup_new", "opptel_sched_switch"],
        [
            new EntityPart(EntityKind.Process, "opptel_process_run_part",
            [
                Counter("process_cpu_time_seconds_total", "CPU time of a process, from the scheduler's own account.", Nanoseconds),
                Counter("process_context_switches_total", Switches, 1, ("process_context_switch_type", "voluntary")),
                Counter("process_context_switches_total", Switches, 1, ("process_context_switch_type", "involuntary")),
                Counter("opptel_process_runqueue_delay_seconds_total", "Time that a process was runnable but had no CPU.", Nanoseconds),
            ]),
            new EntityPart(EntityKind.Cgroup, "opptel_cgroup_run_part",
            [
                Counter("opptel_cgroup_cpu_time_seconds_total", "CPU time of the processes of a cgroup, without its children.", Nanoseconds),
                Counter("opptel_cgroup_context_switches_total", CgroupSwitches, 1, ("context_switch_type", "voluntary")),
                Counter("opptel_cgroup_context_switches_total", CgroupSwitches, 1, ("context_switch_type", "involuntary")),
                Counter("opptel_cgroup_runqueue_delay_seconds_total", "Time that processes of a cgroup were runnable but had no CPU.", Nanoseconds),
            ]),
        ],
        [
            new SlotBlock("opptel_wait_slot", [Histogram("opptel_runqueue_wait_seconds", "Waits of threads for a CPU, from a wake-up or a preemption to running, one for each time that they got one.")]),
            new SlotBlock("opptel_migration_slot", [Counter("opptel_migrations_total", "Times that a thread went to another CPU.")]),
            new SlotBlock("opptel_queue_slot", [Gauge("opptel_runqueue_length", "Threads in a CPU's run queue, the running one included, when a carrier looked.")], IsPerCpu: true),
        ]);
}
