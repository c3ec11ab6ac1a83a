using CsCheck;
using OppTel.Bpf;
using OppTel.Catalog;

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
                Assert.Equal(slot, HistogramBucket.Of(value));
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

    private static LogLinear Shape() => KernelFixture.HistogramAt("opptel_wait_slot");
}
