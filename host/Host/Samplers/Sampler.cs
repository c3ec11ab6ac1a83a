using OppTel.Bpf;
using OppTel.Catalog;

namespace OppTel.Host.Samplers;

/// <summary>Consecutive slots that always exist.</summary>
/// <param name="Variable">The constant of the sampler's object that takes the first slot.</param>
/// <param name="Metrics">What they carry, one slot for each, or one for each bucket of a histogram.</param>
/// <param name="IsPerCpu">Whether there is such a run of slots for each possible CPU, one behind the other, with the label "cpu".</param>
public sealed record SlotBlock(string Variable, IReadOnlyList<Metric> Metrics, bool IsPerCpu = false);

/// <summary>A sampler's part of the block that each entity of a kind owns.</summary>
/// <param name="Kind">Of the entities.</param>
/// <param name="Variable">The constant of the sampler's object that says where in a block the part begins.</param>
/// <param name="Metrics">What its slots carry, one slot for each, or one for each bucket of a histogram.</param>
public sealed record EntityPart(EntityKind Kind, string Variable, IReadOnlyList<Metric> Metrics);

/// <summary>
/// One source of values: a BPF object of its own on the shared maps, or a reader in the daemon for what only files or libraries
/// have, or both; and what the slots that it fills carry. Slots and metric ids are <see cref="SlotPlan"/>'s to give.
/// </summary>
/// <param name="Name">Key in the configuration; the object is NAME.bpf.o.</param>
/// <param name="Programs">Programs of the object that are attached, in this order; without any there is no object.</param>
/// <param name="Parts">What it fills for each entity.</param>
/// <param name="Blocks">What it fills for the host as a whole, or for each CPU.</param>
public sealed record Sampler(
    string Name, IReadOnlyList<string> Programs, IReadOnlyList<EntityPart> Parts, IReadOnlyList<SlotBlock> Blocks)
{
    /// <summary>All that there are.</summary>
    public static IReadOnlyList<Sampler> All { get; } =
    [
        SchedulerSampler.Definition, CpuSampler.Definition, MemorySampler.Definition, DiskSampler.Definition, TcpSampler.Definition,
        TcpRttSampler.Definition, CgroupNetworkSampler.Definition, CgroupMemorySampler.Definition, TcpListenSampler.Definition, SoftnetSampler.Definition,
        InterfacesSampler.Definition, SyscallSampler.Definition,
    ];

    /// <summary>Whether it runs only where the configuration asks for it, because it costs much.</summary>
    public bool IsOffByDefault { get; init; }

    /// <summary>Whether many machines do not have what it measures: that it is absent is nothing to mend.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Sets what the object needs besides its slots, before it is loaded.</summary>
    public Action<BpfObject>? Prepare { get; init; }

    /// <summary>
    /// Attaches a program; as its section says unless told otherwise. Throws an <see cref="OppTel.Configuration.OperatorException"/>
    /// that says why, where the hook is not there.
    /// </summary>
    public Func<BpfProgram, IReadOnlyList<IDisposable>> Attach { get; init; } = program => [program.Attach()];

    /// <summary>
    /// Opens what the daemon reads; null where nothing is. Throws an <see cref="OppTel.Configuration.OperatorException"/> that says
    /// why, where the source is not there.
    /// </summary>
    public Func<SlotPlan, ISlotReader>? OpenReader { get; init; }

    /// <summary>The same for what is read through the sampler's own programs and maps.</summary>
    public Func<SlotPlan, BpfObject, ISlotReader>? OpenObjectReader { get; init; }
}
