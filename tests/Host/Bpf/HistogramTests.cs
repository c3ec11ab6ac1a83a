using CsCheck;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The buckets that the programs choose are those that the catalog describes.</summary>
public sealed class HistogramTests : IDisposable
{
    private static readonly Gen<ulong> Values = Gen.OneOf(
        Gen.ULong,
        Gen.Select(Gen.Int[0, 63], Gen.ULong).Select((shift, value) => value >> shift),
        Gen.Select(Gen.Int[0, 63], Gen.Int[-2, 2]).Select((power, offset) => unchecked((1ul << power) + (ulong)offset)));

    private readonly BpfObject probes = KernelFixture.LoadProbes();

    public void Dispose() => probes.Dispose();

    [Fact]
    public void EveryValueIsBelowTheBoundOfItsBucketAndNotBelowThatOfTheOneBefore()
    {
        LogLinear shape = Shape();
        shape.Unit = 1;
        BpfProgram probe = probes.Program("probe_histogram");
        Values.Sample(
            value =>
            {
                int slot = probe.Call(value);
                Assert.True(value < shape.UpperBound(slot));
                Assert.True(slot == 0 || value >= shape.UpperBound(slot - 1));
            },
            iter: 20_000);
    }

    [Fact]
    public void TheMiddleOfABucketIsWithinASixteenthOfAllThatItHolds()
    {
        LogLinear shape = Shape();
        shape.Unit = 1;
        Assert.Equal((int)HistogramLayout.Slots, shape.Buckets);
        for (int bucket = 1; bucket < shape.Buckets - 1; bucket++)
        {
            double lower = shape.UpperBound(bucket - 1), upper = shape.UpperBound(bucket);
            Assert.InRange((upper - lower) / 2 / lower, 0.001, 1 / 16.0);
        }
    }

    [Fact]
    public void NoTwoSamplersShareAnIdOrASlot()
    {
        List<uint> ids = [.. Sampler.All.SelectMany(sampler => sampler.Entities.Values.SelectMany(metrics => metrics).Select(metric => metric.Id)
            .Concat(sampler.Fixed.SelectMany(block => block.MetricIds)))];
        Assert.Equal(ids.Count, ids.Distinct().Count());
        List<int> slots = [.. Sampler.All.SelectMany(sampler => sampler.Fixed).SelectMany(block => Enumerable.Range((int)block.FirstSlot, block.MetricIds.Count))];
        Assert.Equal(slots.Count, slots.Distinct().Count());
        Assert.All(slots, slot => Assert.InRange(slot, HostMaps.EntityKinds * HostMaps.BlockSlots, (int)FixedSlot.End - 1));
        foreach (EntityKind kind in Enum.GetValues<EntityKind>())
            Assert.True(Sampler.All.Count(sampler => sampler.Entities.ContainsKey(kind)) <= 1, $"two samplers fill the blocks of {kind}");
    }

    private static LogLinear Shape() => Sampler.All.SelectMany(sampler => sampler.Fixed).First(block => block.Metric.LogLinear is not null).Metric.LogLinear.Clone();
}
