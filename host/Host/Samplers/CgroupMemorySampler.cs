using OppTel.Bpf;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>Memory by cgroup. Source: bpf/samplers/cgroup_memory.bpf.c; slots in the order of <see cref="MemorySlot"/>.</summary>
internal static class CgroupMemorySampler
{
    /// <summary>Where in a cgroup's block these slots begin.</summary>
    public const string Variable = "opptel_cgroup_memory_part";

    private const string Walk = "opptel_memory_walk";
    private const string Read = "read once a second";

    public static Sampler Definition { get; } = new(
        "cgroup_memory",
        [Walk, "opptel_memory_end"],
        [
            new EntityPart(EntityKind.Cgroup, Variable,
            [
                Gauge("opptel_cgroup_memory_usage_bytes", $"Memory that a cgroup uses, with its children, {Read} and by carriers that it sends.", Environment.SystemPageSize),
                Gauge("opptel_cgroup_memory_limit_bytes", $"Most memory that a cgroup may use, {Read}; 0 where it has no limit of its own.", Environment.SystemPageSize),
                Counter("opptel_cgroup_oom_kills_total", $"Processes of a cgroup, without its children, that were killed for lack of memory, {Read} and when it ends."),
            ]),
        ],
        [])
    {
        // Kernels without the controller have nothing to mend.
        IsOptional = true,
        // The reader runs the walk.
        Attach = program => program.Name == Walk ? [] : [program.Attach()],
        OpenObjectReader = (_, bpf) => new CgroupMemoryReader(MemoryHierarchy.Find(), bpf.Program(Walk), bpf.Map("opptel_memory_twins")),
    };
}
