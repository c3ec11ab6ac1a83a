using OppTel.Bpf;
using OppTel.Catalog;

namespace OppTel.Host.Samplers;

/// <summary>Consecutive slots that always exist, and what they carry: a histogram's buckets, or one value.</summary>
/// <param name="FirstSlot">The first of them.</param>
/// <param name="Metric">What they carry.</param>
public sealed record FixedBlock(FixedSlot FirstSlot, Metric Metric)
{
    /// <summary>The metric's id in each slot.</summary>
    public IReadOnlyList<uint> MetricIds => [.. Enumerable.Range(0, Metric.LogLinear?.Buckets ?? 1).Select(slot => Metric.Id + (uint)slot)];
}

/// <summary>One source of values: a BPF object of its own on the shared maps, and what the slots that it fills carry.</summary>
/// <param name="Name">Key in the configuration; the object is NAME.bpf.o.</param>
/// <param name="Programs">Programs of the object that are attached, in this order.</param>
/// <param name="Entities">What a block of each kind of entity carries.</param>
/// <param name="Fixed">What it fills for the host as a whole.</param>
public sealed record Sampler(
    string Name,
    IReadOnlyList<string> Programs,
    IReadOnlyDictionary<EntityKind, IReadOnlyList<Metric>> Entities,
    IReadOnlyList<FixedBlock> Fixed)
{
    /// <summary>All that there are.</summary>
    public static IReadOnlyList<Sampler> All { get; } = [SchedulerSampler.Definition, DiskSampler.Definition];

    /// <summary>All metrics of its slots; their ids are no other sampler's.</summary>
    public IEnumerable<Metric> Metrics => Entities.Values.SelectMany(metrics => metrics).Concat(Fixed.Select(block => block.Metric));
}
