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
                HostClock clock = default;
                long host = hostStart;
                long dpu = dpuStart;
                long first = clock.Unwrap((ulong)host & Mask, (ulong)dpu);
                foreach ((long step, long delay) in steps)
                {
                    host += step;
                    dpu += step;
                    Assert.Equal(host - hostStart, clock.Unwrap((ulong)host & Mask, (ulong)(dpu + delay)) - first);
                }
            });
    }

    [Fact]
    public void LateTrailersAreUnwrappedToThePast()
    {
        HostClock clock = default;
        const long Now = (5L << 48) + 1000;
        Assert.Equal(Now, clock.Unwrap(1000, Now));
        Assert.Equal(Now - 2000, clock.Unwrap((ulong)(Now - 2000) & Mask, Now + 10));
        Assert.Equal(Now + 20, clock.Unwrap(1020, Now + 30));
    }

    [Fact]
    public void OnASharedClockAgesAreTrue()
    {
        HostClock clock = default;
        long stamp = clock.Unwrap(1_000_000, 1_250_000);
        Assert.Equal(0, clock.Offset);
        Assert.Equal(250_000, clock.Age(stamp, 1_250_000));
    }

    [Fact]
    public void OnSeparateClocksAgesAreRelativeToTheQuickestTrailer()
    {
        Gen.Select(Gen.Long[2_000_000_000, 20 * Hour], Gen.Bool, Gen.Long[0, 1_000_000].Array[2, 50]).Sample((difference, isBehind, delays) =>
        {
            HostClock clock = default;
            long offset = isBehind ? difference : -difference;
            long host = 50 * Hour;
            foreach (long delay in delays)
            {
                host += 1_000_000;
                ulong arrival = (ulong)(host + offset + delay);
                long stamp = clock.Unwrap((ulong)host & Mask, arrival);
                Assert.InRange(clock.Age(stamp, arrival), 0, 1_000_000);
            }

            Assert.Equal(offset + delays.Min(), clock.Offset);
        });
    }

    [Fact]
    public void AHostThatBootedStartsItsClockAfresh()
    {
        HostClock clock = default;
        clock.Unwrap(40 * Hour, 41 * (ulong)Hour);
        clock.Restart();
        Assert.Equal(41 * Hour, clock.Unwrap((ulong)(41 * Hour) & Mask, 41 * (ulong)Hour));
        Assert.Equal(0, clock.Offset);
    }
}
