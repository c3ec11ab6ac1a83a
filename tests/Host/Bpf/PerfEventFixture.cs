using OppTel.Bpf;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The perf event sampler at its hook, with all others' slots beside its own.</summary>
public sealed class PerfEventFixture : IDisposable
{
    private readonly OppTel.Host.Tests.Daemon.RecordingStore store = new();
    private readonly RunningSampler running;

    /// <summary>Attaches.</summary>
    /// <param name="switches">Whether it sees switches, or only what the reader asks for.</param>
    public PerfEventFixture(bool switches = true)
    {
        Sampler sampler = PerfEventSampler.Define();
        Plan = new SlotPlan([.. Sampler.All, sampler], SlotPlan.Kinds.ToDictionary(kind => kind, kind => kind == EntityKind.Disk ? 8 : 1000), BpfObject.PossibleCpus);
        foreach (EntityKind kind in (EntityKind[])[EntityKind.Cgroup, EntityKind.Process])
        {
            foreach (uint block in Plan.BlocksOf(kind))
                Assert.True(Kernel.Object.Map(kind == EntityKind.Cgroup ? "opptel_free_cgroup" : "opptel_free_process").TryPush(block));
        }

        running = Load(switches ? sampler : sampler with { Attach = _ => [] });
        running.Attach(Plan);
        Read();
    }

    public KernelFixture Kernel { get; } = new();

    public SlotPlan Plan { get; }

    /// <summary>What this machine counts.</summary>
    public IReadOnlyList<PerfEventVerdict> Verdicts => ((PerfEventReader)running.Reader!).Verdicts;

    /// <summary>At the hook.</summary>
    public BpfProgram Program => running.Object!.Program("opptel_perf_switch");

    /// <summary>Where programs find the events.</summary>
    public BpfMap Events => running.Object!.Map(PerfEventSampler.Events);

    /// <summary>Has every CPU read.</summary>
    public void Read() => running.Reader!.Read(store);

    /// <summary>Attaches another sampler to the same kernel.</summary>
    public IDisposable Also(string name)
    {
        RunningSampler other = Load(Sampler.All.Single(sampler => sampler.Name == name));
        other.Attach(Plan);
        return other;
    }

    /// <summary>What a cgroup has counted; 0 for one that has no block yet.</summary>
    public ulong OfCgroup(ulong id, string name) =>
        Kernel.Object.Map("opptel_entities").TryGet(new EntityKey(id, (ulong)EntityKind.Cgroup), out EntityBlock block)
            ? Volatile.Read(ref Kernel.Slots[(int)(block.FirstSlot + Plan.Variables[PerfEventSampler.CgroupVariable]) + Number(name)].Value)
            : 0;

    /// <summary>What a CPU has counted.</summary>
    public ulong OfCpu(int cpu, string name) =>
        Volatile.Read(ref Kernel.Slots[(int)Plan.Variables[PerfEventSampler.Variable] + (cpu * Counted.Length) + Number(name)].Value);

    /// <summary>An event's place among those that are counted, and among the events of CPU 0.</summary>
    public int Number(string name) => Array.IndexOf(Counted, name);

    public void Dispose()
    {
        running.Dispose();
        Kernel.Dispose();
    }

    private string[] Counted => [.. Verdicts.Where(verdict => verdict.Refusal.Length == 0).Select(verdict => verdict.Event)];

    private RunningSampler Load(Sampler sampler)
    {
        RunningSampler one = new(sampler);
        one.Load(KernelFixture.Build(Path.Combine("samplers", $"{sampler.Name}.bpf.c")), Kernel.Object, Plan);
        return one;
    }
}
