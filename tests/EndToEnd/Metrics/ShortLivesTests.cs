using System.Globalization;
using OppTel.EndToEnd.Tests.Metrics.Agreement;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>Processes that come and go by the thousand: totals stay right, nothing leaks, nobody is taken for somebody else.</summary>
public sealed class ShortLivesTests : IDisposable
{
    private const string CpuTime = "process_cpu_time_seconds_total", CgroupCpuTime = "opptel_cgroup_cpu_time_seconds_total", Lost = "opptel_host_events_lost_total";
    private const string Sleeper = "sleeper";
    private const double Tolerance = 0.02;

    /// <summary>
    /// Enough for three events of each to overflow the kernel's buffer of 9,362, and fewer than there are lives while the daemon stands still:
    /// the others find none.
    /// </summary>
    private const int Blocks = 3600;
    private const long MostGrowth = 48 << 20, MostGrowthLater = 16 << 20;
    private readonly Testbed testbed = new();
    private readonly Cgroup cgroup = new($"opptel-lives-{Environment.ProcessId}");
    private readonly List<(string Name, HashSet<int> Processes)> batches = [];
    private readonly RunningProgram aggregator;
    private readonly RunningProgram host;
    private double switches;

    public ShortLivesTests()
    {
        File.AppendAllText(testbed["host.yaml"], $"limits: {{ processes: {Blocks} }}\n");
        File.AppendAllText(testbed["aggregator.yaml"], "retention: 2s\n");
        (_, aggregator, host) = testbed.StartAll();
        testbed.WaitFor("processes", () => testbed.DpuMetrics().Sum(CpuTime) > 0);
    }

    public void Dispose()
    {
        testbed.Dispose();
        cgroup.Dispose();
    }

    /// <summary>In the second half of them the daemon stands still until the kernel's events do not fit its buffer any more.</summary>
    [Fact]
    public void TwentyThousandLivesLeaveNothingBehind()
    {
        double entities = testbed.HostMetrics().Sum("opptel_host_entities");
        (long Host, long Aggregator) before = Memory();
        Live(10_000);
        (long Host, long Aggregator) middle = Settled(entities);
        host.Signal("STOP");
        RunningProgram lives = Begin(10_000);
        Poll.Until("lives that are not told of", () => lives.Log.Split(' ').Length > 5_000, limit: TimeSpan.FromMinutes(2));
        host.Signal("CONT");
        End(lives);
        (long Host, long Aggregator) after = Settled(entities);
        Assert.True(testbed.HostMetrics().Sum(Lost) > 0);
        AssertBounded(before, middle, after);
        AssertBlocksAreBack();
        Assert.Equal(0, testbed.DpuMetrics().Sum("opptel_records_undecodable_total"));
    }

    /// <summary>What the kernel accounted to the cgroup is what the DPU says of it, however many of its processes found no slots.</summary>
    private void AssertTotals()
    {
        (string, string) label = ("cgroup", $"/{Path.GetFileName(cgroup.Folder)}");
        double time = 0, expected = 0, counted = 0;
        Poll.Until("the totals of the cgroup", AreRight, () => $"cpu.stat says {expected} s, the DPU {time} s; rusage {switches} switches, the DPU {counted}\n{testbed.Logs()}");
        bool AreRight()
        {
            Exposition page = testbed.DpuMetrics();
            (time, counted) = (page.Sum(CgroupCpuTime, label), page.Sum("opptel_cgroup_context_switches_total", label));
            expected = double.Parse(File.ReadLines(Path.Combine(cgroup.Folder, "cpu.stat")).First().Split(' ')[1], CultureInfo.InvariantCulture) * 1e-6;
            return Math.Abs(time - expected) <= Tolerance * expected && Math.Abs(counted - switches) <= Tolerance * switches;
        }
    }

    /// <summary>Every series of a batch is of one of its processes.</summary>
    private void AssertNobodyIsMixedUp(Exposition page)
    {
        foreach ((_, IReadOnlyDictionary<string, string> labels, double value) in page.With("cgroup", $"/{Path.GetFileName(cgroup.Folder)}").Where(sample => sample.Name == CpuTime))
        {
            string name = labels["process_executable_name"];
            if (batches.Find(batch => batch.Name == name) is { Processes: { } processes } && processes.Count > 0)
                Assert.True(processes.Contains(int.Parse(labels["process_pid"], CultureInfo.InvariantCulture)), $"{labels["process_pid"]} was never called {name}");
            Assert.True(name == "load" || value < 0.5, $"{labels["process_pid"]} ({name}) used {value} s in a life of a millisecond");
        }
    }

    private void Live(int count) => End(Begin(count));

    private RunningProgram Begin(int count)
    {
        string[] names = [.. Enumerable.Range(batches.Count, 5).Select(number => $"batch{number}")];
        foreach (string name in names)
            File.CreateSymbolicLink(testbed[name], LoadProgram.Path);
        return testbed.Start("host", "sh", "-c", $"echo $$ > /sys/fs/cgroup/{Path.GetFileName(cgroup.Folder)}/cgroup.procs; exec {LoadProgram.Path} spawn {count} {string.Join(' ', names.Select(name => testbed[name]))}");
    }

    private void End(RunningProgram lives)
    {
        List<Exposition> pages = [];
        for (; !lives.HasExited; Thread.Sleep(500))
            pages.Add(testbed.DpuMetrics());
        Assert.True(lives.WaitForExit() == 0, lives.Log);
        string[] lines = lives.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string line in lines[..5])
            batches.Add(($"batch{batches.Count}", [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => int.Parse(text, CultureInfo.InvariantCulture))]));
        switches += double.Parse(lines[5], CultureInfo.InvariantCulture);
        AssertTotals();
        pages.Add(testbed.DpuMetrics());
        pages.ForEach(AssertNobodyIsMixedUp);
        Assert.Contains(pages, page => page.Text.Contains("process_executable_name=\"batch", StringComparison.Ordinal));
    }

    /// <summary>Memory of both programs when as many entities are left as there were.</summary>
    private (long Host, long Aggregator) Settled(double entities)
    {
        testbed.WaitFor("the end of entities", () => testbed.HostMetrics().Sum("opptel_host_entities") < entities + 50);
        // Heavy hitters are remembered when they have ended: that is what they are for.
        testbed.WaitFor("the end of series", () => !testbed.DpuMetrics().Text.Split('\n').Any(line =>
            !line.StartsWith("opptel_top_", StringComparison.Ordinal) && line.Contains("process_executable_name=\"batch", StringComparison.Ordinal)));
        return Memory();
    }

    /// <summary>Nearly as many as there are blocks live at once, and each has series of its own.</summary>
    private void AssertBlocksAreBack()
    {
        int room = Blocks - Directory.GetDirectories("/proc").Count(folder => char.IsAsciiDigit(folder[^1])) - 200;
        Assert.InRange(room, 100, Blocks);
        File.CreateSymbolicLink(testbed[Sleeper], "/bin/sleep");
        double other = testbed.HostMetrics().Sum("opptel_host_entities_other_total");
        _ = testbed.Start("host", "sh", "-c", $"n=0; while [ $n -lt {room} ]; do {testbed[Sleeper]} 1000 & n=$((n + 1)); done; wait");
        testbed.WaitFor($"{room} sleepers", () => testbed.DpuMetrics().With("process_executable_name", Sleeper).Count(sample => sample.Name == CpuTime) == room);
        Assert.Equal(other, testbed.HostMetrics().Sum("opptel_host_entities_other_total"));
    }

    private (long Host, long Aggregator) Memory() => (MemoryOf(host), MemoryOf(aggregator));

    private static long MemoryOf(RunningProgram program) => 1024 * long.Parse(
        File.ReadLines($"/proc/{program.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    private static void AssertBounded((long Host, long Aggregator) before, (long Host, long Aggregator) middle, (long Host, long Aggregator) after)
    {
        string told = $"resident before {before}, after 10,000 lives {middle}, after 20,000 {after}";
        Assert.True(after.Host - before.Host < MostGrowth && after.Host - middle.Host < MostGrowthLater, $"the daemon grows: {told}");
        Assert.True(after.Aggregator - before.Aggregator < MostGrowth && after.Aggregator - middle.Aggregator < MostGrowthLater, $"the aggregator grows: {told}");
    }
}
