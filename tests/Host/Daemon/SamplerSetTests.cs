using Microsoft.Extensions.Logging.Abstractions;
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
        IEnumerable<Sampler> others = Sampler.All.Where(sampler => sampler.Name != "scheduler");
        File.Copy(KernelFixture.Build(Path.Combine("..", "tests", "Host", "Bpf", "rejected.bpf.c")), Path.Combine(folder, "scheduler.bpf.o"));
        using SamplerSet samplers = new(Sampler.All, Load(folder, $"samplers: {{ {string.Join(", ", others.Select(sampler => $"{sampler.Name}: false"))} }}\n"), kernel.Object);
        Assert.Empty(samplers.Running);
        Assert.Empty(samplers.Metrics);
        Assert.Empty(samplers.MetricIdsOf(EntityKind.Process));
        string reason = Assert.Contains("scheduler", samplers.Absent);
        Assert.StartsWith("the kernel refused to load", reason, StringComparison.Ordinal);
        Assert.All(others, sampler => Assert.Equal(SamplerSet.SwitchedOff, samplers.Absent[sampler.Name]));
        Assert.DoesNotContain('\n', reason);
        OperatorException exception = Assert.Throws<OperatorException>(samplers.Attach);
        Assert.Contains($"scheduler: {reason}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatRunsIsListedWithItsPrograms()
    {
        using KernelFixture kernel = new();
        foreach (Sampler sampler in Sampler.All.Where(sampler => sampler.Programs.Count > 0))
            File.Copy(KernelFixture.Build(Path.Combine("samplers", $"{sampler.Name}.bpf.c")), Path.Combine(folder, $"{sampler.Name}.bpf.o"));
        string all = string.Join(", ", Sampler.All.Select(sampler => $"{sampler.Name}: true"));
        using SamplerSet samplers = new(Sampler.All, Load(folder, $"samplers: {{ {all} }}\n"), kernel.Object);
        samplers.Attach();
        Assert.Equal(Sampler.All.Select(sampler => sampler.Name), samplers.Running);
        Assert.Empty(samplers.Absent);
        Assert.Equal(Sampler.All.SelectMany(sampler => sampler.Programs), samplers.Costs.Select(cost => cost.Program));
        Assert.Equal(samplers.Plan.BlockSlots(EntityKind.Cgroup), samplers.MetricIdsOf(EntityKind.Cgroup).Count);
    }

    /// <summary>A sum of what entities were that are gone says nothing; a sum of what they counted does.</summary>
    [Fact]
    public void OthersHaveNoGauges()
    {
        using KernelFixture kernel = new();
        Sampler reader = new("disk", [], [new EntityPart(EntityKind.Process, "part", [SlotMetrics.Gauge("a_bytes", "A."), SlotMetrics.Counter("b_total", "B.")])], []);
        using SamplerSet samplers = new([reader], Load(folder), kernel.Object);
        Assert.Equal(2, samplers.MetricIdsOf(EntityKind.Process).Count(id => id != 0));
        Assert.Equal([0, samplers.Metrics.Single(metric => metric.Name == "b_total").Id], samplers.MetricIdsOfOther(EntityKind.Process));
        Assert.Empty(samplers.MetricIdsOfOther(EntityKind.Cgroup));
    }

    /// <summary>Others fill the same blocks: those slots stay, and carry nothing.</summary>
    [Fact]
    public void WhatAnAbsentSamplerWouldFillCarriesNothing()
    {
        using KernelFixture kernel = new();
        Sampler reader = new("disk", [], [new EntityPart(EntityKind.Process, "part", [SlotMetrics.Counter("a_total", "A.")])], []);
        File.Copy(KernelFixture.Build(Path.Combine("..", "tests", "Host", "Bpf", "rejected.bpf.c")), Path.Combine(folder, "scheduler.bpf.o"));
        using SamplerSet samplers = new([Sampler.All[0], reader], Load(folder), kernel.Object);
        Assert.Equal([0, 0, 0, 0, Assert.Single(samplers.Metrics).Id], samplers.MetricIdsOf(EntityKind.Process));
        Assert.Empty(samplers.MetricIdsOf(EntityKind.Cgroup));
    }

    [Fact]
    public void AReaderIsReadWhenItsTimeComesAndItsFailuresAreCounted()
    {
        using KernelFixture kernel = new();
        using TestReader reader = new();
        RecordingStore store = new();
        Sampler sampler = new("disk", [], [], [new SlotBlock("slot", [SlotMetrics.Counter("a_total", "A.")])]) { OpenReader = _ => reader };
        using SamplerSet samplers = new([sampler], Load(folder), kernel.Object);
        samplers.Attach();
        foreach (ulong milliseconds in (ulong[])[1000, 1040, 1100, 1199, 1200])
            samplers.Read(milliseconds * 1_000_000, store, NullLogger.Instance);
        Assert.Equal(3, reader.Readings);
        reader.IsBroken = true;
        samplers.Read(2_000_000_000, store, NullLogger.Instance);
        samplers.Read(3_000_000_000, store, NullLogger.Instance);
        Assert.Equal(("disk", reader.Interval, 2ul), Assert.Single(samplers.Readers));
    }

    /// <summary>Whatever a DPU asks for, a reading of 20 ms keeps the daemon busy at most every 200 ms, or as often as it is read anyway.</summary>
    [Fact]
    public void ASlowReaderIsNotHastenedBeyondWhatItCosts()
    {
        using KernelFixture kernel = new();
        using TestReader reader = new() { Pause = TimeSpan.FromMilliseconds(20) };
        RecordingStore store = new();
        Sampler sampler = new("disk", [], [], [new SlotBlock("slot", [SlotMetrics.Counter("a_total", "A.")])]) { OpenReader = _ => reader };
        using SamplerSet samplers = new([sampler], Load(folder), kernel.Object);
        samplers.Attach();
        samplers.Hasten(new HashSet<uint> { Assert.Single(samplers.Metrics).Id }, TimeSpan.FromMilliseconds(10));
        Assert.Equal(TimeSpan.FromMilliseconds(10), Assert.Single(samplers.Readers).Interval);
        foreach (ulong milliseconds in (ulong[])[1000, 1010, 1050, 1099, 1100])
            samplers.Read(milliseconds * 1_000_000, store, NullLogger.Instance);
        Assert.Equal((2, reader.Interval), (reader.Readings, Assert.Single(samplers.Readers).Interval));
    }

    [Fact]
    public void AReaderWhoseSourceIsMissingIsAbsent()
    {
        using KernelFixture kernel = new();
        Sampler sampler = new("disk", [], [], []) { OpenReader = _ => throw new OperatorException(ExitCode.Unavailable, "no such library") };
        using SamplerSet samplers = new([sampler], Load(folder), kernel.Object);
        Assert.Throws<OperatorException>(samplers.Attach);
        Assert.Equal("no such library", samplers.Absent["disk"]);
        Assert.Equal(["disk"], samplers.Missing);
        using SamplerSet optional = new([sampler with { IsOptional = true }], Load(folder), kernel.Object);
        Assert.Throws<OperatorException>(optional.Attach);
        Assert.Empty(optional.Missing);
    }

    private sealed class TestReader : ISlotReader
    {
        public int Readings { get; private set; }

        public bool IsBroken { get; set; }

        /// <summary>How long a reading takes.</summary>
        public TimeSpan Pause { get; init; }

        public TimeSpan Interval => TimeSpan.FromMilliseconds(100);

        public void Read(ISlotStore store)
        {
            if (IsBroken)
                throw new IOException("broken");
            Readings++;
            Thread.Sleep(Pause);
            store.Store(1, [2]);
        }

        public void Dispose()
        {
        }
    }

    private static HostConfiguration Load(string bpf, string more = "")
    {
        string file = Path.Combine(bpf, "host.yaml");
        File.WriteAllText(file, $"interfaces: [lo]\nbpf_directory: {bpf}\n{more}");
        return HostConfiguration.Load(file);
    }
}
