using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The disk sampler beside the kernel's own account of the same requests, disk by disk.</summary>
public sealed class DiskTests : IDisposable
{
    private const int Bytes = 0, Operations = 3, Time = 7, Latency = 11;
    private readonly KernelFixture kernel = new();
    private readonly RunningSampler disk;

    public DiskTests()
    {
        disk = kernel.LoadSampler("disk");
        disk.Attach(KernelFixture.Plan);
    }

    public void Dispose()
    {
        disk.Dispose();
        kernel.Dispose();
    }

    /// <summary>A loop device and the disk below it, with every kind of operation that the loop device knows.</summary>
    [Fact]
    public void EveryDiskAgreesWithDiskstats()
    {
        using LoopDevice loop = new(32, isDirect: true);
        FreeBlocks(8);
        Dictionary<ulong, DiskAccount> before = DiskAccount.All();
        LoopDevice.Run("dd", "if=/dev/zero", $"of={loop.Path}", "bs=64k", "count=400", "oflag=direct", "conv=fsync");
        LoopDevice.Run("dd", $"if={loop.Path}", "of=/dev/null", "bs=64k", "iflag=direct");
        // Each of these is followed by a flush: the request completes twice.
        LoopDevice.Run("dd", "if=/dev/zero", $"of={loop.Path}", "bs=4k", "count=100", "oflag=direct,dsync");
        for (int part = 0; part < 8; part++)
            LoopDevice.Run("blkdiscard", "--offset", $"{part}MiB", "--length", "1MiB", loop.Path);
        Dictionary<ulong, DiskAccount> accounts = DiskAccount.All().ToDictionary(entry => entry.Key, entry => entry.Value - before[entry.Key]);
        List<ulong> busy = [.. accounts.Where(entry => entry.Value.Operations[0] > 100 && entry.Value.Operations[1] > 100).Select(entry => entry.Key)];
        Assert.True(busy.Count > 1, $"of {string.Join(", ", accounts.Keys)} only {string.Join(", ", busy)} are busy: the folder of this test is on no disk");
        Assert.All(accounts[IdOf(loop)].Operations, operations => Assert.True(operations >= 8));
        AssertSame(accounts[IdOf(loop)], FirstSlot(IdOf(loop)));
        AssertSameTimes(accounts[IdOf(loop)], FirstSlot(IdOf(loop)));
        // Others use the disk below while its account and its slots are read one after the other.
        foreach (ulong id in busy.Where(id => id != IdOf(loop)))
        {
            ulong[] counted = [.. Enumerable.Range(FirstSlot(id) + Bytes, Time).Select(Value)];
            DiskAccount later = DiskAccount.All()[id] - before[id];
            for (int group = 0; group < later.Bytes.Length; group++)
                Assert.InRange(counted[Bytes + group], accounts[id].Bytes[group] * 0.98, (later.Bytes[group] * 1.02) + 1);
            for (int group = 0; group < later.Operations.Length; group++)
                Assert.InRange(counted[Operations + group], accounts[id].Operations[group] * 0.98, (later.Operations[group] * 1.02) + 1);
        }
    }

    /// <summary>What has no block is counted in "other", until there is one.</summary>
    [Fact]
    public void WhatFindsNoBlockIsOther()
    {
        using LoopDevice loop = new(32, isDirect: true);
        int other = (int)(KernelFixture.Plan.OtherSlot(EntityKind.Disk) + KernelFixture.Plan.Variables["opptel_disk_part"]);
        using (Readers(loop))
        {
            Wait.Until(() => Value(other + Operations) > 100, "other has reads");
            FreeBlocks(8);
            Wait.Until(() => Find(loop) is { } first && Value(first + Operations) > 100, "the disk has reads of its own");
        }
    }

    /// <summary>The file has an end in the middle of a request: half of it completes, the rest is tried again, and fails.</summary>
    [Fact]
    public void ARequestThatCompletesInPartsIsOne()
    {
        using LoopDevice loop = new(1, isDirect: false);
        FreeBlocks(8);
        ulong id = IdOf(loop);
        using (FileStream file = File.OpenWrite(loop.File))
            file.SetLength(96 << 10);
        DiskAccount before = DiskAccount.All()[id];
        for (int times = 0; times < 5; times++)
            LoopDevice.Run("sh", "-c", $"! dd if={loop.Path} of=/dev/null bs=64k skip=1 count=1 iflag=direct");
        DiskAccount account = DiskAccount.All()[id] - before;
        Assert.Equal((5, 5 << 16), (account.Operations[0], account.Bytes[0]));
        AssertSame(account, FirstSlot(id));
    }

    private static Workload Readers(LoopDevice loop) => Workload.Start(
        "sh", "-c", $"for n in 1 2 3 4; do while :; do dd if={loop.Path} of=/dev/null bs=64k iflag=direct 2>/dev/null; done & done; wait");

    private static ulong IdOf(LoopDevice loop)
    {
        ulong[] numbers = [.. File.ReadAllText($"/sys/block/{loop.Name}/dev").Trim().Split(':').Select(ulong.Parse)];
        return (numbers[0] << 20) | numbers[1];
    }

    private void FreeBlocks(int count)
    {
        foreach (uint block in KernelFixture.Plan.BlocksOf(EntityKind.Disk).Take(count))
            Assert.True(kernel.Object.Map("opptel_free_disk").TryPush(block));
    }

    private ulong Value(int slot) => Volatile.Read(ref kernel.Slots[slot].Value);

    private int? Find(LoopDevice loop) => Find(IdOf(loop));

    private int? Find(ulong id) => kernel.Object.Map("opptel_entities").TryGet(new EntityKey(id, (ulong)EntityKind.Disk), out EntityBlock block)
        ? (int)(block.FirstSlot + KernelFixture.Plan.Variables["opptel_disk_part"])
        : null;

    private int FirstSlot(ulong id) => Assert.NotNull(Find(id));

    /// <summary>The slots, which began at 0, say what the account says.</summary>
    private void AssertSame(DiskAccount account, int first)
    {
        for (int group = 0; group < account.Bytes.Length; group++)
            AssertNear(account.Bytes[group], Value(first + Bytes + group));
        for (int group = 0; group < account.Operations.Length; group++)
            AssertNear(account.Operations[group], Value(first + Operations + group));
    }

    private void AssertSameTimes(DiskAccount account, int first)
    {
        for (int group = 0; group < account.Operations.Length; group++)
            AssertTime(account, group, Value(first + Time + group) / 1e9, Value(first + Time + group) / 1e9);
        AssertHistogram(account, 0, first + Latency);
        AssertHistogram(account, 1, first + Latency + (int)HistogramLayout.Slots);
    }

    /// <summary>The histogram holds each request once, and the kernel's sum of their times lies within its bounds.</summary>
    private void AssertHistogram(DiskAccount account, int group, int first)
    {
        LogLinear shape = KernelFixture.Plan.Metrics.First(planned => planned.Metric.Name == "opptel_disk_latency_seconds").Metric.LogLinear;
        ulong[] counts = [.. Enumerable.Range(0, shape.Buckets).Select(bucket => Value(first + bucket))];
        AssertNear(account.Operations[group], counts.Aggregate((sum, count) => sum + count));
        AssertTime(
            account, group,
            counts[..^1].Select((count, bucket) => bucket == 0 ? 0 : count * shape.UpperBound(bucket - 1)).Sum(),
            counts[..^1].Select((count, bucket) => count * shape.UpperBound(bucket)).Sum());
    }

    /// <summary>The kernel's account has whole milliseconds, and ends a little behind the hook, when it has told who asked for the data.</summary>
    private static void AssertTime(DiskAccount account, int group, double least, double most) =>
        Assert.InRange(account.Seconds[group], (least * 0.98) - 0.002, (most * 1.02) + 0.002 + (account.Operations[group] * 50e-6));

    /// <summary>Requests of others begin and end while the two accounts are read one after the other.</summary>
    private static void AssertNear(double expected, double actual) => Assert.InRange(actual, expected * 0.98, (expected * 1.02) + 1);
}
