using OppTel.Bpf;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The scheduler sampler at its hooks in the real kernel; the test plays the daemon's part.</summary>
public sealed class SamplerFixture : IDisposable
{
    private readonly EventRing<EntityEvent> ring;
    private readonly BpfLink[] links;

    /// <summary>Attaches with at most this many free blocks of each kind.</summary>
    public SamplerFixture(int blocks = int.MaxValue)
    {
        Kernel.State[0].Cpus = (uint)BpfObject.PossibleCpus;
        foreach (EntityKind kind in SlotPlan.Kinds)
        {
            foreach (uint block in KernelFixture.Plan.BlocksOf(kind).Take(blocks).Reverse())
                Assert.True(Free(kind).TryPush(block));
        }

        ring = new EventRing<EntityEvent>(Kernel.Object.Map("opptel_events"), Events.Add);
        Scheduler = Kernel.LoadSampler("scheduler");
        links = [.. Scheduler.Sampler.Programs.Select(program => Scheduler.Object!.Program(program).Attach())];
    }

    /// <summary>Maps and programs.</summary>
    public KernelFixture Kernel { get; } = new();

    /// <summary>The sampler.</summary>
    internal RunningSampler Scheduler { get; }

    /// <summary>Free blocks of a kind.</summary>
    public BpfMap Free(EntityKind kind) => Kernel.Object.Map($"opptel_free_{kind.ToString().ToLowerInvariant()}");

    /// <summary>Everything that was told about entities, in order.</summary>
    public List<EntityEvent> Events { get; } = [];

    /// <summary>Takes what the ring buffer holds.</summary>
    public void Consume() => ring.Consume();

    /// <summary>First slot of an entity, waiting for it to appear.</summary>
    public int FirstSlot(EntityKind kind, ulong id)
    {
        int first = -1;
        Wait.Until(() => TryFind(kind, id, out first), $"{kind} {id} gets a block");
        return first;
    }

    /// <summary>Whether the kernel knows an entity, and its first slot.</summary>
    public bool TryFind(EntityKind kind, ulong id, out int firstSlot)
    {
        bool found = Kernel.Object.Map("opptel_entities").TryGet(new EntityKey(id, (ulong)kind), out EntityBlock block);
        firstSlot = (int)block.FirstSlot;
        return found;
    }

    /// <summary>Lets a carrier charge what runs now, as any packet does, once the sampler has seen a process get a CPU.</summary>
    public void ChargeRunning(int cpu, int firstSlot)
    {
        Wait.Until(() => Volatile.Read(ref Kernel.Running[cpu].Process) == (uint)firstSlot, $"block {firstSlot} runs on CPU {cpu}");
        Kernel.Send(Frames.Control(3));
    }

    /// <summary>The scheduler's part of a block.</summary>
    public BlockValues Values(int firstSlot) => new(Value(firstSlot), Value(firstSlot + 1), Value(firstSlot + 2), Value(firstSlot + 3));

    /// <summary>Detaches the sampler; the maps stay. A child that has not called exec yet holds its hooks for a moment.</summary>
    public void Detach()
    {
        foreach (BpfLink link in links)
            link.Dispose();
        ulong before = ulong.MaxValue;
        Wait.Until(
            () =>
            {
                ulong last = before;
                before = Switches;
                Thread.Sleep(10);
                return before == last;
            },
            "the sampler sees no switch any more");
    }

    public void Dispose()
    {
        Detach();
        ring.Dispose();
        Scheduler.Dispose();
        Kernel.Dispose();
    }

    /// <summary>Context switches that the sampler saw on all CPUs; this thread's own sleep is among them.</summary>
    private ulong Switches
    {
        get
        {
            ulong switches = 0;
            for (int cpu = 0; cpu < Kernel.Streams.Count; cpu++)
                switches += Volatile.Read(ref Kernel.Streams[cpu].Switches);
            return switches;
        }
    }

    private ulong Value(int slot) => Volatile.Read(ref Kernel.Slots[slot].Value);
}

/// <summary>What a block holds.</summary>
/// <param name="CpuTime">Nanoseconds.</param>
/// <param name="Voluntary">Context switches.</param>
/// <param name="Involuntary">Context switches.</param>
/// <param name="RunDelay">Nanoseconds.</param>
public readonly record struct BlockValues(ulong CpuTime, ulong Voluntary, ulong Involuntary, ulong RunDelay)
{
    /// <summary>Differences.</summary>
    public static BlockValues operator -(BlockValues left, BlockValues right) => new(
        left.CpuTime - right.CpuTime, left.Voluntary - right.Voluntary, left.Involuntary - right.Involuntary, left.RunDelay - right.RunDelay);
}
