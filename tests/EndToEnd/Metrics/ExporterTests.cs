using System.Diagnostics;
using System.Runtime.InteropServices;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>Maps of a stranger's BPF object become metrics of the DPU, as its configuration of ebpf_exporter describes them.</summary>
public sealed partial class ExporterTests(ITestOutputHelper output)
{
    private static readonly string Sources = Path.Combine("..", "tests", "Host", "EbpfExporter");

    [Fact]
    public void CountersAndHistogramsReachTheDpu()
    {
        using Testbed testbed = new(driver: "af_packet");
        Configure(testbed, "counters", "histograms");
        testbed.StartAll();
        foreach (ulong value in (ulong[])[0, 30, 50, 51, 120])
        {
            Cause(0, value);
            Cause(12, value);
        }

        testbed.WaitFor("the counter", () => testbed.DpuMetrics().Sum("ebpf_exporter_events_total") == 5);
        testbed.WaitFor("one with labels", () => testbed.DpuMetrics().Sum("ebpf_exporter_recent_total", ("value", "51")) == 1);
        testbed.WaitFor("one that a regexp puts together", () => testbed.DpuMetrics().Sum("ebpf_exporter_numbers_total", ("value", "3")) == 1);
        testbed.WaitFor("the histogram", () => testbed.DpuMetrics().Sum("ebpf_exporter_backlog_count") == 5);
        Exposition page = testbed.DpuMetrics();
        Assert.Equal([1, 3, 4, 5, 5], ((string[])["0.0", "50.0", "100.0", "150.0", "+Inf"]).Select(bound => page.Sum("ebpf_exporter_backlog_bucket", ("le", bound))));
        testbed.WaitFor("the sum", () => testbed.DpuMetrics().Sum("ebpf_exporter_backlog_sum") == 50 * (0 + 0 + 1 + 1 + 2));
        Assert.Equal(0, page.Sum("opptel_records_undecodable_total"));
        Assert.True(testbed.HostMetrics().Sum("opptel_host_ebpf_exporter_keys_total", ("config", "counters"), ("outcome", "shown")) > 5);
        foreach (Exposition checkedPage in new[] { testbed.DpuMetrics(), testbed.HostMetrics() })
        {
            CommandResult result = Command.Run(new ProcessStartInfo("promtool", ["check", "metrics"]), checkedPage.Text);
            Assert.True(result.Expect().Length + result.Errors.Length == 0, $"{result.Output}{result.Errors}\n{checkedPage.Text}");
        }
    }

    [Fact]
    public void AConfigurationThatCannotRunCostsOnlyItself()
    {
        using Testbed testbed = new(driver: "af_packet");
        Configure(testbed, "counters", "histograms");
        File.Delete(testbed["histograms.bpf.o"]);
        string[] check = [Repository.Program("opptel-host"), "check-config", "--attach", "--config", testbed["host.yaml"]];
        CommandResult result = testbed.Run("host", check);
        string reason = $"{testbed["histograms.bpf.o"]} is missing: build it beside {testbed["histograms.yaml"]}";
        Assert.Equal(71, result.Code);
        Assert.Contains("counters/count         attached", result.Output, StringComparison.Ordinal);
        Assert.Contains($"ebpf_exporter/histograms absent: {reason}", result.Output, StringComparison.Ordinal);
        testbed.StartAll();
        Cause(0, 3);
        testbed.WaitFor("the other configuration", () => testbed.DpuMetrics().Sum("ebpf_exporter_events_total") == 1);
        string status = testbed.Run("host", Repository.Program("opptel-host"), "status", "--config", testbed["host.yaml"]).Expect();
        Assert.Contains($"no ebpf_exporter/histograms ({reason})", status, StringComparison.Ordinal);
        Assert.Contains("ebpf_exporter/counters each 0.1 s", status, StringComparison.Ordinal);
    }

    /// <summary>No test: CPU time of the daemon while 1,000 entries of a map change all the time, beside a daemon without the configuration.</summary>
    [Fact(Explicit = true)]
    public void CpuOfTheDaemon()
    {
        foreach (string[] names in (string[][])[[], ["many"]])
        {
            using Testbed testbed = new(driver: "af_packet");
            Configure(testbed, names);
            testbed.StartAll();
            using CancellationTokenSource stop = new();
            Thread causing = new(() =>
            {
                for (ulong value = 0; !stop.IsCancellationRequested; value++)
                {
                    Cause(20, value % 1000);
                    if (value % 1000 == 0)
                        Thread.Sleep(50);
                }
            });
            causing.Start();
            Thread.Sleep(5000);
            TimeSpan before = DaemonTime(testbed);
            Stopwatch watch = Stopwatch.StartNew();
            Thread.Sleep(20_000);
            double share = (DaemonTime(testbed) - before) / watch.Elapsed;
            stop.Cancel();
            causing.Join();
            output.WriteLine(FormattableString.Invariant($"{share * 100:0.00} % of a CPU with {names.Length} configurations; series {testbed.DpuMetrics().Text.Split('\n').Count(line => line.StartsWith("ebpf_exporter_", StringComparison.Ordinal))}"));
        }
    }

    private static TimeSpan DaemonTime(Testbed testbed) => Process.GetProcessesByName("opptel-host")
        .Where(process => File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(testbed["host.yaml"], StringComparison.Ordinal))
        .Aggregate(TimeSpan.Zero, (sum, process) => sum + process.TotalProcessorTime);

    private static void Configure(Testbed testbed, params string[] names)
    {
        foreach (string name in names)
        {
            Command.Run("make", "-C", Path.Combine(Repository.Root, "bpf"), $"OUT={testbed[""]}", $"SOURCES={Sources}/{name}.bpf.c").Expect();
            File.Copy(Path.Combine(Repository.Root, "bpf", Sources, $"{name}.yaml"), testbed[$"{name}.yaml"]);
        }

        File.AppendAllText(testbed["host.yaml"], $"ebpf_exporter: {{ configs: [{string.Join(", ", names.Select(name => testbed[$"{name}.yaml"]))}] }}\n");
    }

    /// <summary>A system call that fails, and that the programs count.</summary>
    private static void Cause(int kind, ulong value) => Assert.Equal(-1, Seek(-7777, (long)value, kind));

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(int fd, long offset, int whence);
}
