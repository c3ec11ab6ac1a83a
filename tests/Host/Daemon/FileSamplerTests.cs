using System.Globalization;
using System.Text;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Daemon;

/// <summary>What samplers read from files is what the files say, slot by slot.</summary>
public sealed class FileSamplerTests
{
    [Theory]
    [InlineData("memory", "system_memory_limit_bytes", "", "/proc/meminfo", "MemTotal:", 1024)]
    [InlineData("memory", "system_memory_usage_bytes", "free", "/proc/meminfo", "MemFree:", 1024)]
    [InlineData("memory", "system_memory_usage_bytes", "cached", "/proc/meminfo", "Cached:", 1024)]
    [InlineData("memory", "system_linux_memory_available_bytes", "", "/proc/meminfo", "MemAvailable:", 1024)]
    [InlineData("memory", "opptel_swap_limit_bytes", "", "/proc/meminfo", "SwapTotal:", 1024)]
    [InlineData("memory", "opptel_paging_faults_total", "", "/proc/vmstat", "pgfault", 1)]
    [InlineData("memory", "opptel_paging_major_faults_total", "", "/proc/vmstat", "pgmajfault", 1)]
    [InlineData("memory", "system_paging_operations_total", "out", "/proc/vmstat", "pswpout", 1)]
    [InlineData("memory", "opptel_reclaimed_pages_total", "direct", "/proc/vmstat", "pgsteal_direct", 1)]
    [InlineData("memory", "opptel_oom_kills_total", "", "/proc/vmstat", "oom_kill", 1)]
    [InlineData("cpu", "system_context_switches_total", "", "/proc/stat", "ctxt", 1)]
    [InlineData("cpu", "system_processes_created_total", "", "/proc/stat", "processes", 1)]
    public void ASlotHoldsWhatItsLineSays(string sampler, string metric, string label, string file, string key, double unit)
    {
        ulong before = Line(file, key)[0];
        double value = Read(sampler, metric, label);
        ulong after = Line(file, key)[0];
        // Gauges of a busy machine move between the two readings.
        double slack = key.EndsWith(':') ? 0.2 * Math.Max(before, after) : 0;
        Assert.InRange(value / unit, Math.Min(before, after) - slack, Math.Max(before, after) + slack);
    }

    [Theory]
    [InlineData("user", 0)]
    [InlineData("system", 2)]
    [InlineData("idle", 3)]
    [InlineData("softirq", 6)]
    [InlineData("steal", 7)]
    public void EveryCpuHasItsTimesByMode(string mode, int column)
    {
        int last = Environment.ProcessorCount - 1;
        string key = $"cpu{last.ToString(CultureInfo.InvariantCulture)}";
        ulong before = Line("/proc/stat", key)[column];
        double seconds = Read("cpu", "system_cpu_time_seconds_total", mode, last.ToString(CultureInfo.InvariantCulture));
        Assert.InRange(Math.Round(seconds * 100), before, Line("/proc/stat", key)[column]);
    }

    /// <summary>What a thread spent on a CPU, by its own account, is time of that CPU; both are counted in ticks.</summary>
    [Fact]
    public void ABusyThreadIsUserTimeOfItsCpu()
    {
        const ulong ticks = 30;
        double before = Read("cpu", "system_cpu_time_seconds_total", "user", "0");
        using PinnedThread thread = new(0);
        thread.Run(() =>
        {
            ulong start = UserTicks();
            Wait.Until(
                () =>
                {
                    Thread.SpinWait(1_000_000);
                    return UserTicks() - start >= ticks;
                },
                "the thread has worked");
        });
        Assert.InRange((Read("cpu", "system_cpu_time_seconds_total", "user", "0") - before) * 100, ticks - 2, double.MaxValue);

        static ulong UserTicks() => ulong.Parse(File.ReadAllText("/proc/thread-self/stat").Split(' ')[^39], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void TheBufferGrowsWithTheFile()
    {
        string path = Path.GetTempFileName();
        string text = string.Concat(Enumerable.Range(0, 3000).Select(line => $"line{line} {line}\n"));
        File.WriteAllText(path, text);
        using ProcFile file = new(path);
        Assert.Equal(text, Encoding.ASCII.GetString(file.Read()));
        Assert.Equal(text, Encoding.ASCII.GetString(file.Read()));
        File.Delete(path);
    }

    [Fact]
    public void ReadingMakesNoGarbage()
    {
        (SlotPlan plan, Sampler[] samplers) = Plan();
        ISlotReader[] readers = [.. samplers.Select(sampler => sampler.OpenReader!(plan))];
        RecordingStore store = new();
        foreach (ISlotReader reader in readers)
            reader.Read(store);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (ISlotReader reader in readers)
            reader.Read(store);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        foreach (ISlotReader reader in readers)
            reader.Dispose();
    }

    private static (SlotPlan Plan, Sampler[] Samplers) Plan()
    {
        Sampler[] samplers = [.. Sampler.All.Where(sampler => sampler.Name is "cpu" or "memory" or "tcp_listen" or "softnet" or "interfaces")];
        return (new SlotPlan(samplers, SlotPlan.Kinds.ToDictionary(kind => kind, _ => 1), BpfObject.PossibleCpus), samplers);
    }

    private static ulong[] Line(string file, string key) =>
        [.. File.ReadLines(file).Single(line => line.StartsWith(key + " ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1).TakeWhile(word => ulong.TryParse(word, out _)).Select(word => ulong.Parse(word, CultureInfo.InvariantCulture))];

    /// <summary>One reading's value of a metric that has this label's value, or none, on a CPU, or none.</summary>
    private static double Read(string sampler, string name, string label, string? cpu = null)
    {
        (SlotPlan plan, _) = Plan();
        using ISlotReader reader = Sampler.All.Single(one => one.Name == sampler).OpenReader!(plan);
        RecordingStore slots = new();
        reader.Read(slots);
        Metric metric = plan.Metrics.Select(planned => planned.Metric).Single(one => one.Name == name && one.Labels.Values.FirstOrDefault("") == label);
        PlannedBlock block = plan.Blocks.Single(block => block.MetricIds.Contains(metric.Id) && block.Labels.GetValueOrDefault("cpu") == cpu);
        return slots[block.FirstSlot + (uint)block.MetricIds.ToList().IndexOf(metric.Id)] * metric.Scale;
    }
}
