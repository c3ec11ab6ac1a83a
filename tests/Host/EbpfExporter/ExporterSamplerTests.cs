using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>Configurations among the daemon's samplers: one that fails costs only itself.</summary>
[Collection(TestEvents.Collection)]
public sealed class ExporterSamplerTests : IDisposable
{
    private readonly ExporterFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void WhatCannotBeOpenedIsAbsentAndTheOthersRun()
    {
        folder.Add("histograms");
        File.WriteAllText(folder["missing.yaml"], "metrics: { counters: [{ name: missing, help: A. }] }\n");
        using HostKernel kernel = new(Load("histograms", "missing"));
        using EventRing<EntityEvent> ring = kernel.AttachSamplers(_ => { });
        Assert.Contains("ebpf_exporter/histograms", kernel.Samplers.Running);
        Assert.Equal($"{folder["missing.bpf.o"]} is missing: build it beside {folder["missing.yaml"]}", kernel.Samplers.Absent["ebpf_exporter/missing"]);
        Assert.Equal(["ebpf_exporter/missing"], kernel.Samplers.Missing);
        Assert.Contains("histograms/measure", kernel.Samplers.Costs.Select(cost => cost.Program));
        Assert.Contains(kernel.Samplers.Readers, reader => reader.Sampler == "ebpf_exporter/histograms" && reader.Interval == TimeSpan.FromMilliseconds(100));
        Assert.Equal(5, kernel.Samplers.ExporterKeys.Count(keys => keys.Config == "histograms"));
    }

    [Fact]
    public void ProblemsNameTheFileThatHasThem()
    {
        File.WriteAllText(folder["a.yaml"], "metrics: { counters: [{ name: x, help: A., labels: [{ name: y, size: 3, decoders: [{ name: kstack }] }] }] }\nmetric: 1\n");
        File.WriteAllText(folder["b.yaml"], "metrics: { counters: [{ name: x, help: A. }] }\n");
        ConfigurationException exception = Assert.Throws<ConfigurationException>(() => Load("a", "b", "c"));
        Assert.Equal([$"{folder["host.yaml"]}:3:27", $"{folder["a.yaml"]}:1:92", $"{folder["a.yaml"]}:2:1"], exception.Problems.Select(problem => string.Join(':', $"{problem}".Split(':')[..3])));
        File.WriteAllText(folder["c.yaml"], File.ReadAllText(folder["b.yaml"]));
        Assert.Contains("ebpf_exporter_x_total is a metric of several of these files", Assert.Throws<ConfigurationException>(() => Load("b", "c")).Message, StringComparison.Ordinal);
        Assert.Contains("two files have the name b", Assert.Throws<ConfigurationException>(() => Load("b", "b")).Message, StringComparison.Ordinal);
    }

    private HostConfiguration Load(params string[] names)
    {
        string bpf = Path.GetDirectoryName(KernelFixture.ObjectPath)!;
        File.WriteAllText(folder["host.yaml"], $"interfaces: [lo]\nbpf_directory: {bpf}\nebpf_exporter: {{ configs: [{string.Join(", ", names.Select(name => folder[$"{name}.yaml"]))}] }}\nsamplers: {{ {string.Join(", ", Sampler.All.Where(sampler => sampler.Name != "memory").Select(sampler => $"{sampler.Name}: false"))} }}\n");
        return HostConfiguration.Load(folder["host.yaml"]);
    }
}
