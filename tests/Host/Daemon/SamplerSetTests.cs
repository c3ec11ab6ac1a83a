using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Daemon;

/// <summary>A sampler that this kernel cannot run costs nothing but itself.</summary>
public sealed class SamplerSetTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-samplers-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void WhatTheKernelRefusesIsAbsentAndSaysWhy()
    {
        using KernelFixture kernel = new();
        File.Copy(KernelFixture.Build(Path.Combine("..", "tests", "Host", "Bpf", "rejected.bpf.c")), Path.Combine(folder, "scheduler.bpf.o"));
        using SamplerSet samplers = new(Load(folder, "samplers: { disk: false }\n"), kernel.Object);
        Assert.Empty(samplers.Running);
        Assert.Empty(samplers.Metrics);
        Assert.Empty(samplers.MetricIdsOf(EntityKind.Process));
        string reason = Assert.Contains("scheduler", samplers.Absent);
        Assert.StartsWith("the kernel refused to load", reason, StringComparison.Ordinal);
        Assert.Equal(SamplerSet.SwitchedOff, samplers.Absent["disk"]);
        Assert.DoesNotContain('\n', reason);
        OperatorException exception = Assert.Throws<OperatorException>(samplers.Attach);
        Assert.Contains($"scheduler: {reason}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatRunsIsListedWithItsPrograms()
    {
        using KernelFixture kernel = new();
        foreach (Sampler sampler in Sampler.All)
            File.Copy(KernelFixture.Build(Path.Combine("samplers", $"{sampler.Name}.bpf.c")), Path.Combine(folder, $"{sampler.Name}.bpf.o"));
        using SamplerSet samplers = new(Load(folder), kernel.Object);
        samplers.Attach();
        Assert.Equal(Sampler.All.Select(sampler => sampler.Name), samplers.Running);
        Assert.Empty(samplers.Absent);
        Assert.Equal(Sampler.All.SelectMany(sampler => sampler.Programs), samplers.Costs.Select(cost => cost.Program));
        Assert.Equal(HostMaps.BlockSlots, samplers.MetricIdsOf(EntityKind.Cgroup).Count);
    }

    private static HostConfiguration Load(string bpf, string more = "")
    {
        string file = Path.Combine(bpf, "host.yaml");
        File.WriteAllText(file, $"interfaces: [lo]\nbpf_directory: {bpf}\n{more}");
        return HostConfiguration.Load(file);
    }
}
