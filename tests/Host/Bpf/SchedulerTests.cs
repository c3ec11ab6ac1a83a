using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The sampler against the kernel's own books.</summary>
public sealed class SchedulerTests : IDisposable
{
    private static readonly int LastCpu = Environment.ProcessorCount - 1;
    private readonly SamplerFixture sampler = new();

    public void Dispose() => sampler.Dispose();

    [Fact]
    public void AProcessThatDozesIsAccountedToTheNanosecond()
    {
        using Workload workload = Workload.Doze(LastCpu);
        CheckExact(workload);
    }

    /// <summary>Three that want one CPU: they wait, are preempted, and never block.</summary>
    [Fact]
    public void ProcessesThatCompeteAreAccountedToTheNanosecond()
    {
        using Workload first = Workload.Burn(LastCpu), second = Workload.Burn(LastCpu), third = Workload.Doze(LastCpu);
        Thread.Sleep(500);
        CheckExact(first);
        CheckExact(second);
        CheckExact(third);
        Assert.True(first.Account().Involuntary > 10);
    }

    /// <summary>More than there are CPUs, free to move: waits end in moves, which the kernel adds up while nobody looks.</summary>
    [Fact]
    public void WaitsThatEndOnAnotherCpuAreAccounted()
    {
        Workload[] workloads = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ =>
            Workload.Start("perl", "-e", "while (1) { $i = 0; $i++ while $i < 200000; select(undef, undef, undef, 0.0005) }"))];
        try
        {
            Thread.Sleep(1000);
            foreach (Workload workload in workloads)
                CheckExact(workload);
        }
        finally
        {
            foreach (Workload workload in workloads)
                workload.Dispose();
        }
    }

    /// <summary>Nothing switches it out, and yet carriers keep it up to date.</summary>
    [Fact]
    public void AProcessThatNeverStopsIsUpToDate()
    {
        using Workload workload = Workload.Burn(LastCpu);
        int first = sampler.FirstSlot(EntityKind.Process, workload.Id);
        sampler.ChargeRunning(LastCpu, first);
        TimeSpan statBefore = workload.StatTime();
        ulong before = sampler.Values(first).CpuTime;
        Thread.Sleep(3000);
        sampler.ChargeRunning(LastCpu, first);
        ulong charged = sampler.Values(first).CpuTime - before;
        TimeSpan stat = workload.StatTime() - statBefore;
        // 2 %, and the ticks that /proc/PID/stat counts in.
        Assert.InRange(charged / 1e6, (stat.TotalMilliseconds * 0.98) - 20, (stat.TotalMilliseconds * 1.02) + 20);
    }

    [Fact]
    public void AnExecIsToldWithTheNewName()
    {
        using Workload workload = Workload.Start("sh", "-c", "sleep 0.2; exec sleep 77");
        Wait.Until(() => Told(EntityEventType.Renamed, workload.Id, "sleep"), "exec is told");
        EntityEvent renamed = sampler.Events.Last(told => told.Type == EntityEventType.Renamed && told.Id == workload.Id);
        Assert.Equal((uint)sampler.FirstSlot(EntityKind.Process, workload.Id), renamed.FirstSlot);
    }

    [Fact]
    public void TheEndOfAProcessIsToldOnceAndItIsForgotten()
    {
        Workload workload = Workload.Doze(LastCpu);
        int first = sampler.FirstSlot(EntityKind.Process, workload.Id);
        ulong id = workload.Id;
        workload.Dispose();
        Wait.Until(() => Told(EntityEventType.Died, id), "its end is told");
        Assert.False(sampler.TryFind(EntityKind.Process, id, out _));
        EntityEvent died = Assert.Single(sampler.Events, told => told.Type == EntityEventType.Died && told.Id == id);
        Assert.Equal((uint)first, died.FirstSlot);
    }

    [Fact]
    public void AThreadedProcessIsOneEntityUntilItsLastThreadEnds()
    {
        int own = sampler.FirstSlot(EntityKind.Process, (ulong)Environment.ProcessId);
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(_ => new Thread(() => Thread.Sleep(20)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        sampler.Consume();
        Assert.Equal(own, sampler.FirstSlot(EntityKind.Process, (ulong)Environment.ProcessId));
        Assert.DoesNotContain(sampler.Events, told => told.Type == EntityEventType.Died && told.Id == (ulong)Environment.ProcessId);
    }

    [Fact]
    public void ForksAndExitsLeakNoBlockAndTotalsAreRight()
    {
        const int Forks = 2000;
        using TestCgroup cgroup = new();
        int cgroupSlot;
        int Children(EntityEventType type)
        {
            sampler.Consume();
            HashSet<ulong> born = [.. sampler.Events.Where(told => told is { Type: EntityEventType.Born, Kind: EntityKind.Process } && told.Cgroup == cgroup.Id).Select(told => told.Id)];
            return sampler.Events.Count(told => told.Type == type && told.Kind == EntityKind.Process && born.Contains(told.Id));
        }

        using (Workload forker = Workload.Start(
            "sh", "-c", $"echo $$ > {cgroup.Path}/cgroup.procs; exec perl -e 'for (1..{Forks}) {{ if (!fork) {{ $i = 0; $i++ while $i < 20000; exit }} wait if $_ > 8 }} 1 while wait > 0; exec q(sleep), 1000'"))
        {
            // It becomes "sleep" when it has waited for all of them.
            Wait.Until(() => File.ReadAllText($"/proc/{forker.Id}/comm") == "sleep\n", "all children are gone");
            Wait.Until(() => Children(EntityEventType.Died) == Children(EntityEventType.Born), "their ends are told");
            forker.Stop();
            // Of one in a thousand short lives the kernel reports nothing but the end: what it used goes to "other".
            Assert.InRange(Children(EntityEventType.Died), Forks * 9 / 10, Forks);
            cgroupSlot = sampler.FirstSlot(EntityKind.Cgroup, cgroup.Id);
            // Its shell ran outside for a moment.
            Assert.InRange(sampler.Values(cgroupSlot).CpuTime / 1e6, cgroup.CpuTime.TotalMilliseconds * 0.98, (cgroup.CpuTime.TotalMilliseconds * 1.02) + 1);
        }

        sampler.Detach();
        sampler.Consume();
        Assert.Equal(0ul, sampler.Kernel.Sampler[0].EventsLost);
        Assert.Equal(0ul, sampler.Kernel.Sampler[0].EntitiesOther);
        CheckBlocks();
        CheckTotals();
        CheckWaits(cgroupSlot);
    }

    private void CheckExact(Workload workload)
    {
        int first = sampler.FirstSlot(EntityKind.Process, workload.Id);
        Thread.Sleep(200);
        workload.Stop();
        Assert.Equal(workload.Account(), sampler.Values(first));
        workload.Continue();
    }

    /// <summary>
    /// A thread that hops, and the kernel's account of all threads. Those that end meanwhile take theirs along, so that others can only
    /// make the count seem too high: one round without many of them is enough.
    /// </summary>
    [Fact]
    public void MigrationsAgreeWithTheAccountsOfThreads()
    {
        const int rounds = 10;
        double excess = double.MaxValue;
        for (int round = 0; round < rounds && excess > 0.02; round++)
        {
            (ulong counted, ulong own, ulong others) = Hop();
            Assert.True(counted >= own, $"{counted} of {own} migrations of one thread");
            excess = Math.Min(excess, (counted / (double)(own + others)) - 1);
        }

        Assert.True(excess <= 0.02, $"at least {excess:P1} more migrations than all threads made, in {rounds} rounds");
    }

    private (ulong Counted, ulong Own, ulong Others) Hop()
    {
        const int hops = 20_000;
        int slot = (int)KernelFixture.Plan.Variables["opptel_migration_slot"];
        using PinnedThread thread = new(0);
        ulong own = 0, counted = 0, others = Migrations("/proc");
        thread.Run(() =>
        {
            ulong before = MigrationsOf("/proc/thread-self"), start = sampler.Kernel.Slots[slot].Value;
            for (int hop = 0; hop < hops; hop++)
                TestLibc.Pin(hop % Environment.ProcessorCount);
            counted = sampler.Kernel.Slots[slot].Value - start;
            own = MigrationsOf("/proc/thread-self") - before;
        });
        Assert.True(own > hops * 0.9, $"{own} migrations");
        return (counted, own, Migrations("/proc") - others);
    }

    /// <summary>Of all threads that are there.</summary>
    private static ulong Migrations(string proc) => Directory.EnumerateDirectories(proc)
        .Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
        .SelectMany(folder => Directory.Exists($"{folder}/task") ? Directory.GetDirectories($"{folder}/task") : [])
        .Aggregate(0ul, (sum, task) => sum + MigrationsOf(task));

    private static ulong MigrationsOf(string task)
    {
        try
        {
            string line = File.ReadLines($"{task}/sched").Single(line => line.StartsWith("se.nr_migrations", StringComparison.Ordinal));
            return ulong.Parse(line.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended.
            return 0;
        }
    }

    /// <summary>A carrier sees the threads that share a CPU, and the kernel counts at least those as running.</summary>
    [Fact]
    public void TheLengthOfARunQueueIsReadByCarriers()
    {
        int slot = (int)KernelFixture.Plan.Variables["opptel_queue_slot"] + LastCpu;
        using Workload first = Workload.Burn(LastCpu), second = Workload.Burn(LastCpu), third = Workload.Burn(LastCpu);
        Wait.Until(
            () =>
            {
                for (int carrier = 0; carrier < Environment.ProcessorCount; carrier++)
                    sampler.Kernel.Send(Frames.Ipv4Udp(10));
                return sampler.Kernel.Slots[slot].Value >= 3;
            },
            "three threads are seen on one CPU");
        string running = File.ReadLines("/proc/stat").Single(line => line.StartsWith("procs_running ", StringComparison.Ordinal));
        Assert.InRange(int.Parse(running.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), 3, int.MaxValue);
        TestLibc.Signal((int)first.Id, TestLibc.SignalStop);
        TestLibc.Signal((int)second.Id, TestLibc.SignalStop);
        Wait.Until(
            () =>
            {
                for (int carrier = 0; carrier < Environment.ProcessorCount; carrier++)
                    sampler.Kernel.Send(Frames.Ipv4Udp(10));
                return sampler.Kernel.Slots[slot].Value < 3;
            },
            "fewer threads are seen when two have been stopped");
    }

    private bool Told(EntityEventType type, ulong id, string? command = null)
    {
        sampler.Consume();
        return sampler.Events.Any(told => told.Type == type && told.Id == id && (command is null || told.Command.Text == command));
    }

    /// <summary>Every block is either free, or somebody's, or comes back because its owner died.</summary>
    private void CheckBlocks()
    {
        List<(EntityKey Key, EntityBlock Block)> owners = sampler.Kernel.Object.Map("opptel_entities").Entries<EntityKey, EntityBlock>();
        HashSet<uint> blocks = [.. owners.Select(owner => owner.Block.FirstSlot)];
        Assert.Equal(owners.Count, blocks.Count);
        foreach (EntityEvent died in sampler.Events.Where(told => told.Type == EntityEventType.Died))
            Assert.True(blocks.Add(died.FirstSlot), $"block {died.FirstSlot} of {died.Id} has two owners");
        foreach (EntityKind kind in SlotPlan.Kinds)
        {
            while (sampler.Free(kind).TryPop(out uint free))
                Assert.True(blocks.Add(free), $"block {free} is free and somebody's");
        }

        Assert.Equal(SlotPlan.Kinds.Sum(kind => KernelFixture.Plan.BlocksOf(kind).Count()), blocks.Count);
        Assert.Equal(owners.Count, sampler.Events.Count(told => told.Type == EntityEventType.Born) - sampler.Events.Count(told => told.Type == EntityEventType.Died));
    }

    /// <summary>Whatever was charged to a process was charged to a cgroup too.</summary>
    private void CheckTotals()
    {
        ulong[] totals = new ulong[HostMaps.EntityKinds];
        for (int kind = 0; kind < HostMaps.EntityKinds; kind++)
            totals[kind] = sampler.Values((int)KernelFixture.Plan.OtherSlot((EntityKind)kind)).CpuTime;
        foreach (EntityEvent born in sampler.Events.Where(told => told.Type == EntityEventType.Born))
            totals[(int)born.Kind] += sampler.Values((int)born.FirstSlot).CpuTime;
        Assert.Equal(totals[0], totals[1]);
    }

    /// <summary>
    /// The histogram's waits are no shorter than what the kernel accounts of a cgroup that is younger than the sampler; of many waits for
    /// an idle CPU the kernel says nothing. How long they are is compared where every single one is recorded, by AgreementTests.
    /// </summary>
    private void CheckWaits(int cgroupSlot)
    {
        LogLinear shape = KernelFixture.HistogramAt("opptel_wait_slot");
        shape.Unit = 1;
        double most = 0, count = 0;
        for (int bucket = 0; bucket < shape.Buckets - 1; bucket++)
        {
            ulong waits = sampler.Kernel.Slots[(int)KernelFixture.Plan.Variables["opptel_wait_slot"] + bucket].Value;
            count += waits;
            most += waits * shape.UpperBound(bucket);
        }

        Assert.InRange(sampler.Values(cgroupSlot).RunDelay, 1, most * 1.02);
        Assert.True(count > 2000, $"{count} waits");
    }
}
