using CsCheck;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Tests;

public class HostClockTests
{
    private const ulong Mask = (1ul << 48) - 1;
    private const long Hour = 3_600_000_000_000;

    [Fact]
    public void TimesOfOneHostKeepTheirDistancesAcrossWrapsAndLongSilence()
    {
        Gen.Select(Gen.Long[0, 1L << 60], Gen.Long[0, 1L << 60], Gen.Select(Gen.Long[0, 100 * Hour], Gen.Long[0, 1_000_000_000]).Array[1, 50])
            .Sample((hostStart, dpuStart, steps) =>
            {
                HostClock clock = new();
                long host = hostStart;
                long dpu = dpuStart;
                long first = clock.Follow((ulong)host & Mask, (ulong)dpu);
                foreach ((long step, long delay) in steps)
                {
                    host += step;
                    dpu += step;
                    Assert.Equal(host - hostStart, clock.Follow((ulong)host & Mask, (ulong)(dpu + delay)) - first);
                }
            });
    }

    [Fact]
    public void LateTrailersAreUnwrappedToThePast()
    {
        HostClock clock = new();
        const long Now = (5L << 48) + 1000;
        Assert.Equal(Now, clock.Follow(1000, Now));
        Assert.Equal(Now - 2000, clock.Follow((ulong)(Now - 2000) & Mask, Now + 10));
        Assert.Equal(Now + 20, clock.Follow(1020, Now + 30));
    }

    [Fact]
    public void OnASharedClockAgesAreTrue()
    {
        HostClock clock = new();
        long stamp = clock.Follow(1_000_000, 1_250_000);
        Assert.Equal(0, clock.Offset);
        Assert.Equal(250_000, clock.Age(stamp, 1_250_000));
    }

    [Fact]
    public void OnSeparateClocksAgesAreRelativeToTheQuickestTrailer()
    {
        Gen.Select(Gen.Long[2_000_000_000, 20 * Hour], Gen.Bool, Gen.Long[0, 1_000_000].Array[2, 50]).Sample((difference, isBehind, delays) =>
        {
            HostClock clock = new();
            long offset = isBehind ? difference : -difference;
            long host = 50 * Hour;
            foreach (long delay in delays)
            {
                host += 1_000_000;
                ulong arrival = (ulong)(host + offset + delay);
                long stamp = clock.Follow((ulong)host & Mask, arrival);
                Assert.InRange(clock.Age(stamp, arrival), 0, 1_000_000);
            }

            Assert.Equal(offset + delays.Min(), clock.Offset);
        });
    }

    [Fact]
    public void AHostThatBootedStartsItsClockAfresh()
    {
        HostClock clock = new();
        clock.Follow(40 * Hour, 41 * (ulong)Hour);
        clock.Restart();
        Assert.Equal(41 * Hour, clock.Follow((ulong)(41 * Hour) & Mask, 41 * (ulong)Hour));
        Assert.Equal(0, clock.Offset);
    }

    /// <summary>Clocks hours apart, times that wrap, a drift of up to 200 ppm, delays as they come: an age is true to a millisecond.</summary>
    [Fact]
    public void AgesAreTrueBetweenClocksThatDrift() => Gen.Select(Gen.Long[-60, 60], Gen.Double[-200e-6, 200e-6], Gen.Long[-60, 60], Gen.Int).Sample(
        (hours, drift, wrap, seed) =>
        {
            Random random = new(seed);
            long host = (1L << 50) + (wrap * 1_000_000_000);
            ClockSimulation simulation = new(host, host + (hours * Hour) + Hour, drift, random);
            simulation.Run(20);
            List<double> errors = simulation.Run(60);
            Assert.InRange(errors.Max(), -1e6, 1e6);
            Assert.InRange(errors.Min(), -1e6, 1e6);
            Assert.InRange(simulation.Clock.Drift, drift - 20e-6, drift + 20e-6);
        },
        iter: 40);

    /// <summary>One trailer each few hundred milliseconds, as on a host without traffic.</summary>
    [Fact]
    public void HeartbeatsAloneAreEnough()
    {
        ClockSimulation simulation = new(5 * Hour, 90 * Hour, 150e-6, new Random(3)) { LongestGap = 300_000_000 };
        simulation.Run(40);
        Assert.InRange(simulation.Run(60).Max(Math.Abs), 0, 1e6);
        Assert.InRange(simulation.Clock.Drift, 140e-6, 160e-6);
    }

    /// <summary>A clock that steps, as of a machine that was suspended or stopped: ages are true again within ten seconds, and the drift is not forgotten.</summary>
    [Fact]
    public void AStepOfEitherClockIsFollowed() => Gen.Select(Gen.OneOf(Gen.Long[100_000_000, 10_000_000_000], Gen.Long[1, 30].Select(hours => hours * Hour)), Gen.Bool, Gen.Int).Sample(
        (step, isHost, seed) =>
        {
            ClockSimulation simulation = new(50 * Hour, 20 * Hour, 100e-6, new Random(seed));
            simulation.Run(40);
            if (isHost)
                simulation.StepHost(step);
            else
                simulation.StepDpu(step);
            simulation.Run(12);
            Assert.InRange(simulation.Run(30).Max(Math.Abs), 0, 1e6);
            Assert.InRange(simulation.Clock.Drift, 50e-6, 150e-6);
        },
        iter: 30);

    /// <summary>While all trailers are late they are told as late, and not as a clock that has stepped.</summary>
    [Fact]
    public void CongestionIsNoStep() => Gen.Int.Sample(
        seed =>
        {
            ClockSimulation simulation = new(50 * Hour, 20 * Hour, 50e-6, new Random(seed));
            simulation.Run(30);
            simulation.MeanDelay = 30_000_000;
            Assert.InRange(simulation.Run(20).Max(Math.Abs), 0, 3e6);
            simulation.MeanDelay = 200_000;
            simulation.Run(2);
            Assert.InRange(simulation.Run(10).Max(Math.Abs), 0, 1e6);
        },
        iter: 30);

    /// <summary>After an hour of silence the drift of an hour is no age.</summary>
    [Fact]
    public void AHostThatWasSilentForLongIsBelievedAnew()
    {
        ClockSimulation simulation = new(50 * Hour, 20 * Hour, 80e-6, new Random(5));
        simulation.Run(30);
        simulation.Pass(Hour);
        simulation.Run(2);
        Assert.InRange(simulation.Run(10).Max(Math.Abs), 0, 1e6);
    }

    /// <summary>A shared clock is one whatever the delays: ages are whole, and nothing drifts.</summary>
    [Fact]
    public void DelaysOnASharedClockAreWholeAges()
    {
        ClockSimulation simulation = new(50 * Hour, 50 * Hour, 0, new Random(7)) { MeanDelay = 2_000_000 };
        Assert.All(simulation.Run(60)[100..], error => Assert.InRange(error, ClockSimulation.LeastDelay - 1000, ClockSimulation.LeastDelay + 1000));
        Assert.Equal((0L, 0.0), (simulation.Clock.Offset, simulation.Clock.Drift));
    }

    /// <summary>What keeps times with their offset would keep one for each trailer if it followed every nanosecond.</summary>
    [Fact]
    public void TheSteadyOffsetIsNearAndSeldomAnother()
    {
        ClockSimulation simulation = new(50 * Hour, 20 * Hour, 200e-6, new Random(9)) { LongestGap = 2_000_000 };
        HashSet<long> seen = [];
        for (int round = 0; round < 1000; round++)
        {
            simulation.Run(0.06);
            seen.Add(simulation.Clock.SteadyOffset);
            Assert.InRange(simulation.Clock.SteadyOffset - simulation.Clock.Offset, -250_000, 250_000);
        }

        Assert.InRange(seen.Count, 10, 120);
    }

    [Fact]
    public void ObservingAllocatesNothing()
    {
        HostClock clock = new();
        Allocations.AssertNone(round =>
        {
            for (int index = 0; index < 10_000; index++)
            {
                ulong now = ((ulong)round * 10_000_000_000_000) + ((ulong)index * 100_000_000);
                clock.Follow(now & Mask, now + (ulong)Hour + ((ulong)index % 7 * 1000));
            }
        });
    }
}
