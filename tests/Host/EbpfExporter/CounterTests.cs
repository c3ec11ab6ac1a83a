using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using CsCheck;
using OppTel.Host.Catalog;
using OppTel.Host.EbpfExporter;
using OppTel.Host.Tests.Bpf;
using OppTel.Host.Tests.Daemon;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>Counters of a stranger's programs agree with the events that a test caused.</summary>
[Collection(TestEvents.Collection)]
public sealed class CounterTests : IDisposable
{
    private static readonly string[] KindNames = ["plain", "syscall", "error"];
    private readonly ExporterFolder folder = new();
    private readonly RecordingStore store = new(500);
    private readonly ConfigReader reader;

    public CounterTests() => reader = ExporterFolder.Open(folder.Add("counters"));

    public void Dispose()
    {
        reader.Dispose();
        folder.Dispose();
    }

    /// <summary>By values of each size of number, of any map, by CPU or not, with padding or without.</summary>
    [Fact]
    public void EveryEventIsCounted()
    {
        using PinnedThread thread = new(0);
        List<(int Kind, ulong Value)> all = [];
        Gen.Select(Gen.OneOf(Gen.Const(0), Gen.Int[0, 6]), Gen.ULong[0, 49]).List[0, 30].Sample(
            events =>
            {
                thread.Run(() => events.ForEach(one => TestEvents.Cause(one.Item1, one.Item2)));
                all.AddRange(events);
                reader.Read(store);
                Compare(all);
            },
            iter: 60,
            threads: 1);
    }

    /// <summary>Told each time, and taking nothing: slots for the others are left however often it is tried.</summary>
    [Fact]
    public void AMetricWhoseNameIsAnothersCostsNoOther()
    {
        const string name = "ebpf_exporter_recent_by_cpu_total";
        store.Taken.Add(name);
        using PinnedThread thread = new(0);
        for (int reading = 0; reading < 100; reading++)
        {
            thread.Run(() => TestEvents.Cause(0, 7));
            Assert.Contains(name, Assert.Throws<IOException>(() => reader.Read(store)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(100ul, store.Counter("all_by_cpu_total")["0"]);
        Assert.Equal(100ul, store.Counter("values_by_cpu_total")["0 7"]);
        Assert.Empty(store.Counter("recent_by_cpu_total"));
        store.Taken.Clear();
        reader.Read(store);
        Assert.Equal(100ul, store.Counter("recent_by_cpu_total")["7"]);
    }

    [Fact]
    public void CpusCountByThemselvesWhereTheLabelAsksForIt()
    {
        int[] cpus = [.. Enumerable.Range(0, Environment.ProcessorCount)];
        foreach (int cpu in cpus)
        {
            using PinnedThread thread = new(cpu);
            thread.Run(() => Enumerable.Repeat(7ul, cpu + 1).ToList().ForEach(value => TestEvents.Cause(0, value)));
        }

        reader.Read(store);
        Assert.Equal(cpus.ToDictionary(cpu => $"{cpu}", cpu => (ulong)cpu + 1), store.Counter("all_by_cpu_total"));
        Assert.Equal(cpus.ToDictionary(cpu => $"{cpu} 7", cpu => (ulong)cpu + 1), store.Counter("values_by_cpu_total"));
        Assert.Equal((ulong)cpus.Sum(cpu => cpu + 1), store.Counter("recent_by_cpu_total")["7"]);
    }

    [Fact]
    public void NamesComeFromWhereTheKernelAndTheMachineHaveThem()
    {
        ulong symbol = ulong.Parse(File.ReadLines("/proc/kallsyms").First(line => line.EndsWith(" T schedule", StringComparison.Ordinal)).Split(' ')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        string[] disk = File.ReadLines("/proc/partitions").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).First(fields => fields.Length == 4 && fields[0] != "major");
        (ulong major, ulong minor) = (ulong.Parse(disk[0], CultureInfo.InvariantCulture), ulong.Parse(disk[1], CultureInfo.InvariantCulture));
        foreach ((int kind, ulong value) in ((int, ulong)[])[(1, 39), (1, 60000), (2, 2), (2, 9999), (3, symbol), (3, symbol + 1), (4, (major << 8) | (minor & 0xFF) | ((minor >> 8) << 20)), (4, 0xFFF00), (5, 1), (5, 1 << 20), (6, 0x0100007F)])
            TestEvents.Cause(kind, value);
        reader.Read(store);
        Assert.Equal(["getpid", "unknown_syscall:60000"], store.Counter("syscalls_total").Keys.Order());
        Assert.Equal(["ENOENT", "unknown:9999"], store.Counter("errors_total").Keys.Order());
        Assert.Equal(["schedule", $"unknown_addr:0x{symbol + 1:x}"], store.Counter("symbols_total").Keys.Order());
        Assert.Equal(1ul, store.Counter("schedules_total")[""]);
        Assert.Equal(new[] { disk[3], "unknown:4095:0" }.Order(), store.Counter("devices_total").Keys.Order());
        Assert.Equal(["lo", "unknown:1048576"], store.Counter("interfaces_total").Keys.Order());
        Assert.Equal(["127.0.0.1"], store.Counter("addresses_total").Keys);
    }

    [Fact]
    public void ACgroupIsShownByItsPath()
    {
        using TestCgroup cgroup = new();
        int number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 62 : 8;
        ProcessStartInfo start = new("sh", ["-c", $"read x; exec perl -e 'syscall({number}, -7777, 1, 0) for 1..5'"]) { RedirectStandardInput = true };
        using Process process = Process.Start(start)!;
        File.WriteAllText(Path.Combine(cgroup.Path, "cgroup.procs"), $"{process.Id}");
        process.StandardInput.WriteLine();
        process.WaitForExit();
        reader.Read(store);
        Assert.Equal(5ul, store.Counter("cgroups_total")[cgroup.Path]);
        Assert.StartsWith(CgroupPaths.FindMount()!, cgroup.Path, StringComparison.Ordinal);
    }

    private void Compare(List<(int Kind, ulong Value)> all)
    {
        List<ulong> plain = [.. all.Where(one => one.Kind == 0).Select(one => one.Value)];
        Dictionary<string, ulong> byValue = Counts(plain.Select(value => $"{value}"));
        Assert.Equal((ulong)plain.Count, store.Counter("events_total")[""]);
        Assert.Equal(byValue, store.Counter("recent_total"));
        Assert.Equal(byValue, store.Counter("recent_by_cpu_total"));
        Assert.Equal(byValue.ToDictionary(entry => $"0 {entry.Key}", entry => entry.Value), store.Counter("values_by_cpu_total"));
        // Labels in the order of their names: kind, parity, process, value.
        Assert.Equal(
            byValue.ToDictionary(entry => $"00000000 {(entry.Key[^1] % 2 == 1 ? "odd" : "0")} {Environment.ProcessId} {entry.Key}", entry => entry.Value),
            store.Counter("padded_total"));
        Assert.Equal(Counts(plain.Select(value => value < 10 ? $"{value}" : $"{value / 10}")), store.Counter("numbers_total"));
        Dictionary<string, ulong> kinds = Counts(all.Select(one => one.Kind < KindNames.Length ? KindNames[one.Kind] : $"unknown:{one.Kind}"));
        Assert.Equal(kinds, store.Counter("kinds_total").Where(entry => entry.Value > 0).ToDictionary());
    }

    private static Dictionary<string, ulong> Counts(IEnumerable<string> values) => values.CountBy(value => value).ToDictionary(entry => entry.Key, entry => (ulong)entry.Value);
}
