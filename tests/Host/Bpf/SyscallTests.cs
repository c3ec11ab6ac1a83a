using System.Globalization;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>System calls by class beside the kernel's account of reads and writes of every process.</summary>
[Collection(Alone.Name)]
public sealed class SyscallTests : IDisposable
{
    private const int Other = 0, Read = 1, Write = 2, Time = 8;
    private readonly KernelFixture kernel = new();
    private readonly RunningSampler syscalls;

    public SyscallTests()
    {
        syscalls = kernel.LoadSampler("syscalls");
        syscalls.Attach(KernelFixture.Plan);
    }

    public void Dispose()
    {
        syscalls.Dispose();
        kernel.Dispose();
    }

    [Fact]
    public void ReadsAndWritesAgreeWithTheAccountsOfProcesses()
    {
        const int calls = 300_000;
        (ulong reads, ulong writes) before = Accounts();
        ulong read = Count(Read), written = Count(Write);
        Run("open(Z,'<','/dev/zero');open(N,'>','/dev/null');for(1..300000){sysread(Z,$x,1);syswrite(N,$x)}");
        read = Count(Read) - read;
        written = Count(Write) - written;
        (ulong reads, ulong writes) after = Accounts();
        Assert.InRange(read, (ulong)calls, (calls * 1.02) + (after.reads - before.reads));
        Assert.InRange(written, (ulong)calls, (calls * 1.02) + (after.writes - before.writes));
        ulong timed = Buckets(Read).Aggregate((sum, count) => sum + count);
        Assert.InRange(timed, calls * 0.98, Count(Read));
    }

    [Fact]
    public void ASleepTakesAsLongAsItWasAskedFor()
    {
        const int sleeps = 200;
        LogLinear shape = KernelFixture.HistogramAt("opptel_syscall_latency_slot");
        ulong[] before = Buckets(Time);
        Run("use Time::HiRes 'usleep';for(1..200){usleep(3000)}");
        ulong[] counts = [.. Buckets(Time).Zip(before, (now, then) => now - then)];
        ulong long3ms = counts.Where((_, bucket) => shape.UpperBound(bucket) > 0.003).Aggregate((sum, count) => sum + count);
        Assert.InRange(long3ms, (ulong)sleeps, 2 * (ulong)sleeps);
        // Half of them took what was asked for and not much more, unless the machine stood still.
        int middle = Enumerable.Range(0, counts.Length).First(bucket => shape.UpperBound(bucket) > 0.003
            && counts[..(bucket + 1)].Where((_, index) => shape.UpperBound(index) > 0.003).Aggregate((sum, count) => sum + count) >= sleeps / 2);
        Assert.InRange(shape.UpperBound(middle), 0.003, 0.03);
    }

    [Fact]
    public void WhatHasNoClassIsOther()
    {
        ulong before = Count(Other);
        Run("getppid() for 1..100000");
        Assert.InRange(Count(Other) - before, 100_000ul, ulong.MaxValue);
    }

    private static void Run(string script)
    {
        using System.Diagnostics.Process perl = System.Diagnostics.Process.Start("perl", ["-e", script]);
        perl.WaitForExit();
        Assert.Equal(0, perl.ExitCode);
    }

    /// <summary>Reads and writes of all processes that are there.</summary>
    private static (ulong Reads, ulong Writes) Accounts()
    {
        (ulong reads, ulong writes) = (0, 0);
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                Dictionary<string, ulong> account = File.ReadLines($"{folder}/io").Select(line => line.Split(": "))
                    .ToDictionary(fields => fields[0], fields => ulong.Parse(fields[1], CultureInfo.InvariantCulture));
                reads += account["syscr"];
                writes += account["syscw"];
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It has ended, or nobody may see its account.
            }
        }

        return (reads, writes);
    }

    private ulong Count(int number) => Volatile.Read(ref kernel.Slots[(int)KernelFixture.Plan.Variables["opptel_syscall_slot"] + number].Value);

    private ulong[] Buckets(int number)
    {
        int first = (int)KernelFixture.Plan.Variables["opptel_syscall_latency_slot"] + (number * (int)HistogramLayout.Slots);
        return [.. Enumerable.Range(first, (int)HistogramLayout.Slots).Select(slot => Volatile.Read(ref kernel.Slots[slot].Value))];
    }
}
