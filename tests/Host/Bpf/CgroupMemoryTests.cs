using System.Diagnostics;
using OppTel.Bpf;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>
/// The memory of cgroups beside what their own files say, with the controller wherever this machine has it. A carrier's socket is in
/// the cgroup of the process that made it, so the whole test run moves into one for a moment: alone.
/// </summary>
[Collection(Alone.Name)]
public sealed class CgroupMemoryTests : IDisposable
{
    private const long Mebibyte = 1 << 20;
    private readonly KernelFixture kernel = new();
    private readonly RunningSampler sampler;
    private readonly MemoryCgroup cgroup = new();
    private readonly OppTel.Host.Tests.Daemon.RecordingStore store = new();

    public CgroupMemoryTests()
    {
        foreach (uint block in KernelFixture.Plan.BlocksOf(EntityKind.Cgroup))
            Assert.True(kernel.Object.Map("opptel_free_cgroup").TryPush(block));
        sampler = kernel.LoadSampler("cgroup_memory");
        sampler.Attach(KernelFixture.Plan);
    }

    public void Dispose()
    {
        cgroup.Dispose();
        sampler.Dispose();
        kernel.Dispose();
    }

    /// <summary>A cgroup that nobody runs in any more, or sends from, is read too.</summary>
    [Fact]
    public void UsageIsThatOfItsFile()
    {
        long before = cgroup.Usage;
        using Process process = cgroup.Start("$x=chr(1)x(64<<20);print qq(ready\\n);<STDIN>");
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        Assert.InRange(cgroup.Usage - before, 64 * Mebibyte, 200 * Mebibyte);
        Read();
        Assert.InRange(Value(MemorySlot.Usage), cgroup.Usage - Mebibyte, cgroup.Usage + Mebibyte);
        process.StandardInput.WriteLine();
        process.WaitForExit();
        Wait.Until(() => cgroup.Usage < 32 * Mebibyte, "the memory is given back");
        Read();
        Assert.InRange(Value(MemorySlot.Usage), cgroup.Usage - Mebibyte, cgroup.Usage + Mebibyte);
    }

    [Fact]
    public void ALimitIsThatOfItsFileAndNoneIs0()
    {
        Read();
        Assert.Equal(0, Value(MemorySlot.Limit));
        foreach (long limit in (long[])[20 * Mebibyte, 21 * Mebibyte])
        {
            cgroup.Limit(limit);
            Read();
            Assert.Equal(limit, Value(MemorySlot.Limit));
        }

        cgroup.Limit(-1);
        Read();
        Assert.Equal(0, Value(MemorySlot.Limit));
    }

    [Fact]
    public void AProcessKilledForLackOfMemoryIsCounted()
    {
        Read();
        Assert.Equal(0, Pages(MemorySlot.OomKills));
        for (int kills = 1; kills <= 2; kills++)
        {
            cgroup.Exhaust();
            Read();
            Assert.Equal(kills, cgroup.Kills);
            Assert.Equal(kills, Pages(MemorySlot.OomKills));
        }
    }

    /// <summary>Whoever runs containers takes the cgroup away at once: the kill is told all the same.</summary>
    [Fact]
    public void AKillIsCountedThoughItsCgroupEnds()
    {
        ulong id = cgroup.Id;
        Read();
        int first = FirstSlot(id);
        cgroup.Exhaust();
        cgroup.Dispose();
        Assert.Equal(1ul, Volatile.Read(ref kernel.Slots[first + (int)MemorySlot.OomKills].Value));
        Read();
        Assert.Equal(1ul, Volatile.Read(ref kernel.Slots[first + (int)MemorySlot.OomKills].Value));
    }

    /// <summary>The frame's socket belongs to the sending cgroup, which has grown since the last reading.</summary>
    [Fact]
    public void ACarrierRefreshesTheUsageOfTheSendingCgroup()
    {
        Read();
        long before = Value(MemorySlot.Usage);
        using Process process = cgroup.Start("$x=chr(1)x(32<<20);print qq(ready\\n);<STDIN>");
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        SendFromCgroup();
        Assert.Equal(before, Value(MemorySlot.Usage));
        kernel.State[0].MemoryPart = KernelFixture.Plan.Variables[CgroupMemorySampler.Variable] + 1;
        kernel.Send(Frames.Control(3));
        Assert.Equal(before, Value(MemorySlot.Usage));
        SendFromCgroup();
        Assert.InRange(Value(MemorySlot.Usage), cgroup.Usage - Mebibyte, cgroup.Usage + Mebibyte);
        Assert.InRange(Value(MemorySlot.Usage) - before, 32 * Mebibyte, 200 * Mebibyte);
    }

    /// <summary>After the end of the cgroup nothing of it is looked at, whoever has its memory now.</summary>
    [Fact]
    public void ACarrierPassesOverACgroupWhoseAccountIsAnothers()
    {
        kernel.State[0].MemoryPart = KernelFixture.Plan.Variables[CgroupMemorySampler.Variable] + 1;
        Read();
        BpfMap entities = kernel.Object.Map("opptel_entities");
        EntityKey key = new(cgroup.Id, (ulong)EntityKind.Cgroup);
        Assert.True(entities.TryGet(key, out EntityBlock block));
        Assert.NotEqual(0ul, block.Memory);
        long before = Value(MemorySlot.Usage);
        using Process process = cgroup.Start("$x=chr(1)x(32<<20);print qq(ready\\n);<STDIN>");
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        entities.Update(key, block with { MemorySerial = block.MemorySerial + 1 });
        SendFromCgroup();
        Assert.Equal(before, Value(MemorySlot.Usage));
        entities.Update(key, block with { Memory = 8 });
        SendFromCgroup();
        Assert.Equal(before, Value(MemorySlot.Usage));
    }

    /// <summary>In a hierarchy of its own, the controller's cgroups are matched by their paths, also when a twin comes later or anew.</summary>
    [Fact]
    public void ATwinThatIsMadeLaterIsFound()
    {
        if (!cgroup.Hierarchy.IsApart)
            Assert.Skip("the memory controller is in the unified hierarchy");
        Directory.Delete(cgroup.UnifiedPath);
        Read();
        Directory.CreateDirectory(cgroup.UnifiedPath);
        for (int readings = 0; readings < 30; readings++)
            Read();
        cgroup.Limit(20 * Mebibyte);
        Read();
        Assert.Equal(20 * Mebibyte, Value(MemorySlot.Limit));
    }

    /// <summary>As when the daemon has given them up. Then cgroups of a hierarchy of the controller's own are found by a walk.</summary>
    [Fact]
    public void ReadingsNeedNoCapabilities()
    {
        cgroup.Limit(20 * Mebibyte);
        using PinnedThread thread = new(0);
        thread.Run(() =>
        {
            TestLibc.DropCapabilities();
            Read();
        });
        Assert.Equal(20 * Mebibyte, Value(MemorySlot.Limit));
    }

    private void Read() => sampler.Reader!.Read(store);

    private void SendFromCgroup() => cgroup.Inside(() => kernel.Send(Frames.Control(3)));

    private int FirstSlot(ulong id)
    {
        Assert.True(kernel.Object.Map("opptel_entities").TryGet(new EntityKey(id, (ulong)EntityKind.Cgroup), out EntityBlock block), $"cgroup {id} has no block");
        return (int)(block.FirstSlot + KernelFixture.Plan.Variables[CgroupMemorySampler.Variable]);
    }

    private long Pages(MemorySlot slot) => (long)Volatile.Read(ref kernel.Slots[FirstSlot(cgroup.Id) + (int)slot].Value);

    private long Value(MemorySlot slot) => Pages(slot) * Environment.SystemPageSize;
}
