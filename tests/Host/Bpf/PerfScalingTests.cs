using CsCheck;
using OppTel.Bpf;

namespace OppTel.Host.Tests.Bpf;

/// <summary>What an event counted between two readings, by the program's own arithmetic in the kernel.</summary>
public sealed class PerfScalingTests : IDisposable
{
    private readonly BpfObject probes = KernelFixture.LoadProbes();

    public void Dispose() => probes.Dispose();

    /// <summary>An event that shares its counter is scaled by the time that it had none, to 1/65536.</summary>
    [Fact]
    public void CountsAreScaledByTheTimeOnACounter() =>
        Gen.Select(Gen.ULong[0, 1 << 24], Gen.ULong[1, 1ul << 40], Gen.Double[1, 64], Gen.ULong[0, 1ul << 40]).Sample(
            (counted, running, ratio, before) =>
            {
                ulong enabled = (ulong)(running * ratio);
                double expected = counted * ((double)enabled / running);
                int taken = Take(new Reading(before, before, before), new Reading(before + counted, before + enabled, before + running));
                Assert.InRange(taken, (expected * (1 - (1 / 65536.0))) - 1, expected + 1);
            },
            threads: 1);

    [Fact]
    public void WithACounterOfItsOwnNothingIsScaled() =>
        Assert.Equal(123_457, Take(new Reading(5, 1000, 700), new Reading(123_462, 1000 + 999_983, 700 + 999_983)));

    /// <summary>Nothing is lost meanwhile: the time without a counter belongs to the next time on one.</summary>
    [Fact]
    public void WithoutACounterTheNextReadingIsScaledForBoth()
    {
        Reading before = new(100, 1000, 1000);
        Assert.Equal(0, Take(before, new Reading(100, 3000, 1000)));
        Assert.Equal(200, Take(before, new Reading(150, 5000, 2000)));
    }

    [Fact]
    public void AnEventThatWasOpenedAnewCountsFrom0() => Assert.Equal(40, Take(new Reading(1000, 5000, 5000), new Reading(40, 80, 80)));

    private int Take(Reading last, Reading now) => probes.Program("probe_perf_take").Call(new Readings(last, now));

    private readonly record struct Reading(ulong Counter, ulong Enabled, ulong Running);

    private readonly record struct Readings(Reading Last, Reading Now);
}
