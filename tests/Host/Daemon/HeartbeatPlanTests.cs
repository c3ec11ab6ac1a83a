using CsCheck;
using OppTel.Host.Scheduling;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Heartbeats keep deadlines, and are not sent where carriers do the work.</summary>
public sealed class HeartbeatPlanTests
{
    private const ulong Millisecond = 1_000_000;
    private const ulong Silence = 200 * Millisecond;
    private const ulong MaxAge = 100 * Millisecond;

    private static readonly Gen<(ulong MaxAge, ulong Pause)> Class =
        Gen.Select(Gen.ULong[8, 1000], Gen.OneOf(Gen.Const(0ul), Gen.ULong[1, 75])).Select((age, percent) => (age * Millisecond, age * percent * Millisecond / 100));

    /// <summary>
    /// Whatever changes when, and however many carriers pass: every change leaves within the maximum age of its class, if the daemon comes
    /// to each look within a quarter of its reserve.
    /// </summary>
    [Fact]
    public void NoDeadlineIsMissed() => Gen.Select(Class.Array[1, 4], Gen.Int[1, 100_000], Gen.ULong[1, 60], Gen.OneOf(Gen.Const(0), Gen.Int[1, 50])).Sample(
        (classes, seed, slots, carriers) =>
        {
            SimulatedRings rings = new(classes, (int)slots, new Random(seed));
            HeartbeatPlan plan = new(Silence, [.. classes.Select(one => one.MaxAge)], [.. classes.Select(one => one.Pause)]);
            ulong latest = Math.Max(Millisecond, classes.Min(one => HeartbeatPlan.Reserve(one.MaxAge)) / 4), look = 0;
            for (ulong now = Millisecond; now < 4000 * Millisecond; now += Millisecond)
            {
                rings.Change(now);
                if (carriers > 0 && rings.Random.Next(1000) < carriers)
                    rings.Carry(now);
                if (now < look)
                    continue;
                rings.Rouse(now);
                for (int left = HeartbeatPlan.Most; left > 0 && plan.Judge(now, true, rings.LastTrailer, rings.Oldest()) != HeartbeatCause.None; left--)
                    rings.Carry(now);
                look = plan.NextLook + (ulong)rings.Random.NextInt64((long)latest);
            }

            Assert.All(rings.Worst.Zip(classes), pair => Assert.InRange(pair.First, 0ul, pair.Second.MaxAge));
            Assert.Equal(0ul, plan.LateLooks);
        },
        iter: 300);

    /// <summary>Carriers that take what is due before three quarters of its maximum age leave nothing to do, at any look.</summary>
    [Fact]
    public void CarriersThatKeepUpNeedNoHelp() => Gen.ULong[0, MaxAge * 3 / 4 / Millisecond].Array[1, 200].Sample(waits =>
    {
        HeartbeatPlan plan = new(Silence, [MaxAge], [0]);
        ulong now = 10 * Silence;
        foreach (ulong wait in waits)
        {
            ulong since = now;
            for (; now < since + (wait * Millisecond); now += Millisecond)
                Assert.Equal(HeartbeatCause.None, plan.Judge(now, true, since, [since]));
        }
    });

    /// <summary>A look comes before a change could be late that was not there at the look before.</summary>
    [Fact]
    public void WhatIsNotSeenYetIsLookedForInTime() => Gen.Select(Class.Array[1, 8], Gen.ULong[0, 1ul << 50], Gen.ULong[0, 1ul << 50]).Sample((classes, now, last) =>
    {
        HeartbeatPlan plan = new(Silence, [.. classes.Select(one => one.MaxAge)], [.. classes.Select(one => one.Pause)]);
        plan.Judge(now, true, Math.Min(now, last), [.. classes.Select(_ => HeartbeatPlan.Nothing)]);
        ulong wait = plan.NextLook - now;
        Assert.True(wait >= HeartbeatPlan.LeastLook);
        Assert.All(classes, one => Assert.True(wait <= Math.Max(HeartbeatPlan.LeastLook, one.MaxAge - HeartbeatPlan.Reserve(one.MaxAge))));
    });

    [Fact]
    public void SilenceIsBrokenOncePerInterval()
    {
        HeartbeatPlan plan = new(Silence, [MaxAge], [0]);
        ulong last = 0, sent = 0;
        for (ulong now = 0; now <= 100 * Silence; now += Millisecond)
        {
            if (plan.Judge(now, true, last, [HeartbeatPlan.Nothing]) != HeartbeatCause.Silence)
                continue;
            (last, sent) = (now, sent + 1);
        }

        Assert.Equal(100ul, sent);
    }

    [Fact]
    public void WithoutALeaseNothingIsSentAndNothingIsLate()
    {
        HeartbeatPlan plan = new(Silence, [MaxAge], [0]);
        for (ulong now = 0; now < 10 * Silence; now += Millisecond)
        {
            Assert.Equal(HeartbeatCause.None, plan.Judge(now, false, 0, [0]));
            Assert.True(plan.NextLook > now);
        }

        Assert.Equal(HeartbeatCause.Deadline, plan.Judge(10 * Silence, true, 0, [0]));
        Assert.Equal(0ul, plan.LateLooks);
    }

    /// <summary>A heartbeat that changes nothing does not make the daemon spin, and is told.</summary>
    [Fact]
    public void WhatDoesNotLeaveIsTriedAgainSoonButNotAtOnce()
    {
        HeartbeatPlan plan = new(Silence, [MaxAge], [0]);
        plan.Judge(1, true, 0, [HeartbeatPlan.Nothing]);
        ulong now = 2 * MaxAge;
        for (ulong time = 1; time <= 5; time++)
        {
            Assert.Equal(HeartbeatCause.Deadline, plan.Judge(now, true, 0, [Millisecond]));
            Assert.Equal(now + HeartbeatPlan.LeastLook, plan.NextLook);
            Assert.Equal(time, plan.LateLooks);
            now = plan.NextLook;
        }
    }
}
