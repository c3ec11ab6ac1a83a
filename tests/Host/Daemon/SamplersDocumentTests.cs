using OppTel.Host.Producers;
using OppTel.Host.Samplers;
using OppTel.Host.Samplers.Gpu;
using OppTel.Host.Statsd;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Daemon;

/// <summary>host/SAMPLERS.md has a row for each sampler, which says when it runs and whether it reads.</summary>
public sealed class SamplersDocumentTests
{
    private const int How = 2, Default = 4;

    private static readonly Dictionary<string, string[]> Rows = File.ReadLines(Path.Combine(KernelFixture.Root, "host", "SAMPLERS.md"))
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[0].Trim('`'));

    [Fact]
    public void EachSamplerHasARow() => Assert.Equal(
        Sampler.All.Select(sampler => sampler.Name)
            .Concat([PerfEventSampler.Name, GpuSampler.Name, TransportSampler.Name, FastSampler.Name, StatsdSampler.Name, ProducerSampler.Name, "ebpf_exporter"]).Order(),
        Rows.Keys.Order());

    [Fact]
    public void RowsSayWhatRunsUnlessToldOtherwise() => Assert.All(
        Sampler.All, sampler => Assert.Equal(sampler.IsOffByDefault ? "off" : "on", Rows[sampler.Name][Default]));

    [Fact]
    public void RowsSayWhatIsRead() => Assert.All(
        Sampler.All,
        sampler => Assert.Equal(sampler.OpenReader is not null || sampler.OpenObjectReader is not null, Rows[sampler.Name][How].Contains("read each", StringComparison.Ordinal)));

    /// <summary>Each hook that a program's object names is in its row.</summary>
    [Fact]
    public void RowsNameTheHooks()
    {
        foreach (string path in Directory.EnumerateFiles(Path.Combine(KernelFixture.Root, "bpf", "samplers"), "*.bpf.c"))
        {
            string[] hooks = [.. File.ReadLines(path).Where(line => line.StartsWith("SEC(\"tp_btf/", StringComparison.Ordinal)).Select(line => line.Split('/', '"')[2])];
            string row = Rows[Path.GetFileName(path).Split('.')[0]][How];
            // Exceptions of TCP are told by their number.
            Assert.All(row.Contains("and four of", StringComparison.Ordinal) ? hooks[..1] : hooks, hook => Assert.Contains($"`{hook}`", row, StringComparison.Ordinal));
        }
    }
}
