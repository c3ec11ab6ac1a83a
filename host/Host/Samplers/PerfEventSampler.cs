using OppTel.Bpf;
using OppTel.Configuration;

namespace OppTel.Host.Samplers;

/// <summary>
/// What CPUs and the kernel count, by CPU and by cgroup: those events that this machine has. Source: bpf/samplers/perf_events.bpf.c.
/// </summary>
internal static class PerfEventSampler
{
    /// <summary>Key in the configuration.</summary>
    public const string Name = "perf_events";

    /// <summary>First slot of CPU 0.</summary>
    public const string Variable = "opptel_perf_slot";

    /// <summary>Where in a cgroup's block these slots begin.</summary>
    public const string CgroupVariable = "opptel_cgroup_perf_part";

    /// <summary>The map that programs read.</summary>
    public const string Events = "opptel_perf_events";

    private const string Read = "opptel_perf_read";

    /// <summary>The sampler, where it is not wanted: nothing is looked for.</summary>
    public static Sampler Unwanted { get; } = new(Name, [], [], []);

    /// <summary>The sampler with the events that the first online CPU counts.</summary>
    public static Sampler Define()
    {
        int cpu = OnlineCpus.List()[0];
        PerfEventVerdict[] verdicts = [.. PerfEvent.All.Select(one => one.Judge(cpu))];
        PerfEvent[] events = [.. PerfEvent.All.Where((_, number) => verdicts[number].Refusal.Length == 0)];
        if (events.Length == 0)
        {
            OperatorException absent = new(ExitCode.Unavailable, $"no event is counted here: {verdicts[0].Event}: {verdicts[0].Refusal}");
            return new Sampler(Name, [], [], []) { OpenReader = _ => throw absent, IsOptional = true };
        }

        return new Sampler(
            Name,
            ["opptel_perf_switch", Read],
            [new EntityPart(EntityKind.Cgroup, CgroupVariable, [.. events.Select(one => one.OfCgroup)])],
            [new SlotBlock(Variable, [.. events.Select(one => one.OfCpu)], IsPerCpu: true)])
        {
            Prepare = bpf =>
            {
                bpf.SetConstant("opptel_perf_count", (uint)events.Length);
                bpf.Map(Events).Resize((uint)(BpfObject.PossibleCpus * PerfEvent.All.Count));
            },
            // The reader runs the other one.
            Attach = program => program.Name == Read ? [] : [program.Attach()],
            OpenObjectReader = (_, bpf) => new PerfEventReader(events, verdicts, bpf.Program(Read), bpf.Map(Events)),
        };
    }
}
