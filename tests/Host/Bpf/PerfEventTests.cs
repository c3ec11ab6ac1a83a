using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Events by CPU and by cgroup beside the kernel's account of processes, and beside events that the test opens itself.</summary>
[Collection(Alone.Name)]
public sealed class PerfEventTests
{
    private const string Minor = "minor_faults";
    private const uint Software = 1;
    private const ulong MinorFaults = 5;
    private const int Pages = 5000;

    /// <summary>A process without huge pages, whose faults are as many as its pages: prctl(PR_SET_THP_DISABLE).</summary>
    private static readonly string SmallPages = $"syscall({(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 167 : 157)},41,1,0,0,0);";

    /// <summary>Touches so many new pages at each line that it reads, and says when it has done so.</summary>
    private const string Toucher = "$|=1;$n=0;print qq(ready\\n);while(<STDIN>){$x[$n++]=chr(1)x(5000*4096);print qq(done\\n)}";

    /// <summary>Nothing is guessed: what the kernel opens is counted, and what it does not is refused with its reason.</summary>
    [Fact]
    public void EachVerdictIsWhatTheKernelSays()
    {
        using PerfEventFixture perf = new();
        IReadOnlyList<PerfEventVerdict> verdicts = perf.Verdicts;
        Assert.Equal(PerfEvent.All.Select(one => one.Name), verdicts.Select(verdict => verdict.Event));
        foreach ((PerfEvent one, PerfEventVerdict verdict) in PerfEvent.All.Zip(verdicts))
        {
            int descriptor = TestLibc.OpenEvent(one.Type, one.Config, 0);
            if (descriptor >= 0)
            {
                TestLibc.CloseDescriptor(descriptor);
                Assert.Equal("", verdict.Refusal);
            }
            else
            {
                Assert.StartsWith($"perf_event_open: {new System.ComponentModel.Win32Exception(-descriptor).Message}", verdict.Refusal, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>/proc/PID/stat counts each fault of the process, whatever else runs and in whatever order the programs do.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("scheduler")]
    public void FaultsOfACgroupAreThoseOfItsProcess(string beside)
    {
        using PerfEventFixture perf = new();
        using IDisposable? other = beside.Length > 0 ? perf.Also(beside) : null;
        using TestCgroup cgroup = new();
        using Process process = Start(cgroup);
        (ulong Account, ulong Ours) before = (Faults(process), perf.OfCgroup(cgroup.Id, Minor));
        for (int round = 0; round < 5; round++)
            Touch(process);
        // It waits for the next line: its last switch is behind it.
        Wait.Until(() => State(process) == 'S', "it waits");
        ulong account = Faults(process) - before.Account;
        Assert.InRange(account, 5ul * Pages, 6ul * Pages);
        Assert.InRange(perf.OfCgroup(cgroup.Id, Minor) - before.Ours, account - 5, account + 5);
        End(process);
    }

    /// <summary>Every fault of a CPU is counted once, whoever's it is.</summary>
    [Fact]
    public void TotalsOfCpusAreThoseOfOtherEvents()
    {
        using PerfEventFixture perf = new();
        using TestCgroup cgroup = new();
        int[] cpus = OnlineCpus.List();
        int[] descriptors = [.. cpus.Select(cpu => TestLibc.OpenEvent(Software, MinorFaults, cpu))];
        Assert.All(descriptors, descriptor => Assert.True(descriptor >= 0));
        try
        {
            // What was counted before a reading is in it; what it has was counted before.
            ulong[] outer = Read(descriptors);
            perf.Read();
            ulong[] ours = Ours(perf, cpus), inner = Read(descriptors);
            using (Process process = Start(cgroup))
            {
                for (int round = 0; round < 5; round++)
                    Touch(process);
                End(process);
            }

            ulong[] innerEnd = Read(descriptors);
            perf.Read();
            ulong[] oursEnd = Ours(perf, cpus), outerEnd = Read(descriptors);
            Assert.True(Sum(innerEnd) - Sum(inner) >= 5ul * Pages);
            Assert.InRange(Sum(oursEnd) - Sum(ours), Sum(innerEnd) - Sum(inner), Sum(outerEnd) - Sum(outer));
        }
        finally
        {
            Array.ForEach(descriptors, TestLibc.CloseDescriptor);
        }
    }

    /// <summary>A process that never leaves its CPU is charged at the next reading: here no switch is seen at all.</summary>
    [Fact]
    public void WhatNeverSwitchesIsChargedByReadings()
    {
        using PerfEventFixture perf = new(switches: false);
        using TestCgroup cgroup = new();
        using Process process = Process.Start(new ProcessStartInfo(
            "sh", ["-c", $"echo $$ > {cgroup.Path}/cgroup.procs; exec taskset -c {OnlineCpus.List()[^1]} nice -n -20 perl -e '{SmallPages}while(1){{$x=chr(1)x(5000*4096);undef $x}}'"]))!;
        // On a CPU that is read from elsewhere: where the reader runs, nothing else does.
        using PinnedThread reader = new(OnlineCpus.List()[0]);
        try
        {
            reader.Run(() => Wait.Until(
                () =>
                {
                    perf.Read();
                    return perf.OfCgroup(cgroup.Id, Minor) > Pages;
                },
                "readings charge the cgroup"));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    /// <summary>As after a CPU has been offline: its events are dead, and the next reading opens others, which count on.</summary>
    [Fact]
    public void EventsThatAreGoneAreOpenedAnew()
    {
        using PerfEventFixture perf = new();
        using TestCgroup cgroup = new();
        using Process process = Start(cgroup);
        for (uint index = 0; index < perf.Events.MaxEntries; index++)
            _ = perf.Events.TryRemove(index);
        ulong gone = perf.OfCgroup(cgroup.Id, Minor);
        Touch(process);
        Wait.Until(() => State(process) == 'S', "it waits");
        Assert.Equal(gone, perf.OfCgroup(cgroup.Id, Minor));
        perf.Read();
        Touch(process);
        Wait.Until(() => perf.OfCgroup(cgroup.Id, Minor) >= gone + Pages, "the events are there again");
        Assert.InRange(perf.OfCgroup(cgroup.Id, Minor) - gone, (ulong)Pages, (ulong)(Pages * 1.5));
        End(process);
    }

    /// <summary>As when the daemon has given them up: what is open is read, and what is not is told.</summary>
    [Fact]
    public void ReadingsNeedNoCapabilities()
    {
        using PerfEventFixture perf = new();
        using PinnedThread thread = new(OnlineCpus.List()[0]);
        thread.Run(() =>
        {
            TestLibc.DropCapabilities();
            perf.Read();
            // The kernel can be told to let everybody count.
            if (int.Parse(File.ReadAllText("/proc/sys/kernel/perf_event_paranoid"), CultureInfo.InvariantCulture) <= 0)
                return;
            Assert.True(perf.Events.TryRemove((uint)perf.Number(Minor)));
            IOException failure = Assert.Throws<IOException>(perf.Read);
            Assert.StartsWith($"CPU 0 does not count {Minor}: perf_event_open: Permission denied; CAP_PERFMON is missing", failure.Message, StringComparison.Ordinal);
        });
    }

    /// <summary>
    /// A real one, whether a reading falls into the time that it is away or not. It runs only when asked for: whoever has pinned
    /// something to the last CPU of the machine finds it elsewhere afterwards.
    /// </summary>
    [Theory(Explicit = true)]
    [InlineData(true)]
    [InlineData(false)]
    public void ACpuThatComesBackIsCountedAgain(bool readsMeanwhile)
    {
        int cpu = OnlineCpus.List()[^1];
        using PerfEventFixture perf = new();
        File.WriteAllText($"/sys/devices/system/cpu/cpu{cpu}/online", "0");
        try
        {
            if (readsMeanwhile)
                perf.Read();
        }
        finally
        {
            File.WriteAllText($"/sys/devices/system/cpu/cpu{cpu}/online", "1");
        }

        ulong before = perf.OfCpu(cpu, Minor);
        perf.Read();
        using (Process process = Process.Start("taskset", ["-c", $"{cpu}", "perl", "-e", $"{SmallPages}$x=chr(1)x(5000*4096)"]))
            process.WaitForExit();
        perf.Read();
        Assert.InRange(perf.OfCpu(cpu, Minor) - before, (ulong)Pages, 100ul * Pages);
    }

    private static ulong[] Read(int[] descriptors) => [.. descriptors.Select(TestLibc.ReadNumber)];

    private static ulong[] Ours(PerfEventFixture perf, int[] cpus) => [.. cpus.Select(cpu => perf.OfCpu(cpu, Minor))];

    private static ulong Sum(ulong[] numbers) => numbers.Aggregate((sum, number) => sum + number);

    private static Process Start(TestCgroup cgroup)
    {
        ProcessStartInfo start = new("sh", ["-c", $"echo $$ > {cgroup.Path}/cgroup.procs; exec perl -e '{SmallPages}{Toucher}'"]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        Process process = Process.Start(start) ?? throw new InvalidOperationException("cannot start sh");
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        Wait.Until(() => State(process) == 'S', "it waits");
        return process;
    }

    private static void Touch(Process process)
    {
        process.StandardInput.WriteLine();
        process.StandardInput.Flush();
        Assert.Equal("done", process.StandardOutput.ReadLine());
    }

    private static void End(Process process)
    {
        process.StandardInput.Close();
        process.WaitForExit();
    }

    private static char State(Process process) => Stat(process)[0][0];

    private static ulong Faults(Process process) => ulong.Parse(Stat(process)[7], CultureInfo.InvariantCulture);

    private static string[] Stat(Process process) => File.ReadAllText($"/proc/{process.Id}/stat").Split(") ")[1].Split(' ');
}
