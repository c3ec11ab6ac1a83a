using CsCheck;
using OppTel.Host.Boosts;
using OppTel.Wire;

namespace OppTel.Host.Tests.Daemon;

/// <summary>A DPU asks, the host's operator decides: what is granted, slowed down, cut off and given back.</summary>
public sealed class BoosterTests
{
    private const ulong Millisecond = 1_000_000, Second = 1000 * Millisecond;
    private static readonly BoostSettings Settings = new(true, TimeSpan.FromMicroseconds(100), TimeSpan.FromSeconds(10));
    private readonly FakeTarget target = new();
    private readonly Booster booster;
    private ulong now = 5 * Second;

    public BoosterTests() => booster = new Booster(Settings, target);

    [Fact]
    public void AMetricOfCpusGoesToTheirClocksAndComesBack()
    {
        booster.Ask([new BeaconBoost(1, 200, 1000)], now);
        Assert.Equal(TimeSpan.FromMicroseconds(200), target.Order.Interval);
        Assert.Equal([new ClockedSlot(0, 10), new ClockedSlot(1, 11)], target.Order.Clocked);
        Assert.Equal(("one", TimeSpan.FromMicroseconds(200), now + Second), booster.Active.Select(active => (active.Metric, active.Interval, active.Until)).Single());
        booster.Tick(now + Second - 1);
        Assert.NotSame(BoostOrder.None, target.Order);
        booster.Tick(now + Second);
        Assert.Same(BoostOrder.None, target.Order);
        Assert.Empty(booster.Active);
    }

    [Fact]
    public void RepeatedWishesGoOnWithoutANewOrderAndAreCountedOnce()
    {
        for (int beacon = 0; beacon < 20; beacon++)
            booster.Ask([new BeaconBoost(1, 200, 1000)], now += 100 * Millisecond);
        Assert.Equal(1, target.Orders);
        Assert.Equal(1ul, booster.Verdicts(BoostVerdict.Granted));
        booster.Ask([], now += 100 * Millisecond);
        Assert.Same(BoostOrder.None, target.Order);
        booster.Ask([new BeaconBoost(1, 200, 1000)], now += 100 * Millisecond);
        Assert.Equal(2ul, booster.Verdicts(BoostVerdict.Granted));
    }

    [Fact]
    public void SilenceEndsEverything()
    {
        booster.Ask([new BeaconBoost(1, 200, uint.MaxValue)], now);
        booster.Tick(now + Millisecond, isHeard: false);
        Assert.Same(BoostOrder.None, target.Order);
    }

    [Fact]
    public void TheOperatorsLeastIntervalHolds()
    {
        booster.Ask([new BeaconBoost(1, 1, 1000)], now);
        Assert.Equal(Settings.MinInterval, target.Order.Interval);
        Assert.Equal(1ul, booster.Verdicts(BoostVerdict.Slowed));
    }

    [Fact]
    public void WhatNoClockTakesLeavesWithoutRest()
    {
        booster.Ask([new BeaconBoost(3, 1000, 1000), new BeaconBoost(4, 1000, 1000)], now);
        Assert.Empty(target.Order.Clocked);
        Assert.Equal([3u, 4u], target.Order.Hastened.Order());
    }

    [Fact]
    public void UnknownMetricsAreCountedAndNothingElse()
    {
        booster.Ask([new BeaconBoost(77, 1000, 1000)], now);
        Assert.Same(BoostOrder.None, target.Order);
        Assert.Equal(1ul, booster.Verdicts(BoostVerdict.Unknown));
    }

    [Fact]
    public void AnOperatorWhoAllowsNoneGetsNone()
    {
        Booster none = new(Settings with { IsEnabled = false }, target);
        none.Ask([new BeaconBoost(1, 1000, 1000)], now);
        Assert.Equal(0, target.Orders);
        Assert.Equal(1ul, none.Verdicts(BoostVerdict.Disabled));
    }

    [Fact]
    public void ABoostThatIsAskedForForEverIsCutOffAndRests()
    {
        ulong begun = now;
        while (target.Orders < 2)
            booster.Ask([new BeaconBoost(1, 1000, 1000)], now += 100 * Millisecond);
        Assert.InRange(now - begun, 10 * Second, 10 * Second + (200 * Millisecond));
        Assert.Same(BoostOrder.None, target.Order);
        Assert.Equal(1ul, booster.Verdicts(BoostVerdict.Exhausted));
        begun = now;
        while (target.Orders < 3)
            booster.Ask([new BeaconBoost(1, 1000, 1000)], now += 100 * Millisecond);
        Assert.InRange(now - begun, 10 * Second, 10 * Second + (200 * Millisecond));
    }

    /// <summary>Whatever a DPU sends: nothing is active that was not asked for last, no clock has too much, and half of the time is free.</summary>
    [Fact]
    public void NoDpuGetsMoreThanIsAllowed() =>
        Gen.Select(
            Gen.Int[1, 400],
            Gen.Bool,
            Gen.Select(Gen.UInt[1, 6], Gen.UInt[1, 5000], Gen.Frequency((1, Gen.Const(0u)), (4, Gen.UInt[1, 4000]))).Array[0, 16])
            .Array[1, 300].Sample(steps =>
            {
                FakeTarget fake = new();
                Booster one = new(Settings, fake);
                ulong time = Second, boosted = 0;
                List<(uint Metric, uint Interval, ulong Until)> last = [];
                foreach ((int wait, bool isBeacon, (uint Metric, uint Interval, uint Remaining)[] wishes) in steps)
                {
                    boosted += one.Active.Count > 0 ? (ulong)wait * Millisecond : 0;
                    time += (ulong)wait * Millisecond;
                    if (isBeacon)
                    {
                        last = [.. wishes.Select(wish => (wish.Metric, wish.Interval, time + (wish.Remaining * Millisecond)))];
                        one.Ask([.. wishes.Select(wish => new BeaconBoost(wish.Metric, wish.Interval, wish.Remaining))], time);
                    }
                    else
                    {
                        one.Tick(time);
                    }

                    HashSet<uint> wanted = [.. last.Where(wish => wish.Until > time).Select(wish => wish.Metric)];
                    Assert.All(fake.Order.Metrics, metric => Assert.Contains(metric, wanted));
                    Assert.Equal(fake.Order.Metrics.Count > 0, one.Active.Count > 0);
                    Assert.True(fake.Order.Metrics.Count == 0 || fake.Order.Interval >= Settings.MinInterval);
                    Assert.All(fake.Order.Clocked.GroupBy(slot => slot.Cpu), cpu => Assert.InRange(cpu.Count(), 1, fake.FreeSlots(cpu.Key)));
                }

                // Time is looked at each 400 ms at worst, and is used up once in 10 s at most.
                ulong slack = (400 * Millisecond) * (1 + (time / (10 * Second)));
                Assert.True(boosted <= ((time - Second + (10 * Second)) / 2) + slack, $"{boosted / Millisecond} ms of {(time - Second) / Millisecond}");
            });

    /// <summary>Metric 1 is one of CPUs, 2 one of the host, 3 one of processes, 4 a histogram of the host, 5 fills a CPU's clock.</summary>
    private sealed class FakeTarget : IBoostTarget
    {
        public BoostOrder Order { get; private set; } = BoostOrder.None;

        public int Orders { get; private set; }

        public string? NameOf(uint metric) => metric switch { 1 => "one", 2 => "two", 3 => "three", 4 => "four", 5 => "five", _ => null };

        public IReadOnlyList<ClockedSlot> SlotsOf(uint metric) => metric switch
        {
            1 => [new(0, 10), new(1, 11)],
            2 => [new(0, 20)],
            4 => [.. Enumerable.Range(100, 194).Select(slot => new ClockedSlot(0, (uint)slot))],
            5 => [.. Enumerable.Range(500, 14).Select(slot => new ClockedSlot(0, (uint)slot))],
            _ => [],
        };

        public int FreeSlots(int cpu) => 15;

        public void Apply(BoostOrder order)
        {
            Order = order;
            Orders++;
        }
    }
}
