using CsCheck;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Heartbeats bound the wait of a change, and are not sent where carriers do the work.</summary>
public sealed class HeartbeatPlanTests
{
    private const ulong Interval = 100;
    private const int Values = 15;

    [Fact]
    public void SilenceIsBrokenOncePerInterval()
    {
        HeartbeatPlan plan = new(Interval, Values, Interval);
        ulong[] sent = [.. Enumerable.Range(0, 1000).Select(now => (ulong)plan.Next((ulong)now, true, 7, (0ul, 0ul)))];
        Assert.InRange(sent.Aggregate(0ul, (sum, count) => sum + count), 9ul, 10ul);
        Assert.All(sent, count => Assert.InRange(count, 0ul, 1ul));
    }

    [Fact]
    public void WithoutALeaseNothingIsSent()
    {
        HeartbeatPlan plan = new(Interval, Values, Interval);
        for (ulong now = 0; now < 1000; now += 10)
            Assert.Equal(0, plan.Next(now, false, 0, (10_000ul, 0ul)));
    }

    [Fact]
    public void CarriersThatKeepUpNeedNoHelp()
    {
        HeartbeatPlan plan = new(Interval, Values, Interval);
        for (ulong now = 1; now < 1000; now++)
            Assert.Equal(0, plan.Next(now, true, now, (20 * now, 20 * (now - 1))));
    }

    /// <summary>Whatever becomes due leaves within two intervals and a tick, carriers or not, up to the bound of a burst.</summary>
    [Fact]
    public void NoChangeWaitsLongerThanTwoIntervals() =>
        Gen.Select(Gen.Int[0, HeartbeatPlan.Most * Values].Array[1, 60], Gen.OneOf(Gen.Const(1), Gen.Const(10), Gen.Const(25), Gen.Const(50))).Sample((changes, tick) =>
        {
            HeartbeatPlan plan = new(Interval, Values, Interval);
            ulong head = 0, tail = 0, trailers = 0;
            List<(ulong Head, ulong At)> history = [];
            for (int step = 0; step < changes.Length + (int)(3 * Interval); step++)
            {
                ulong now = (ulong)(step * tick) + Interval;
                // At most what a burst can carry in an interval.
                if (step < changes.Length && step * tick % (int)Interval < tick)
                    head += (ulong)changes[step];
                history.Add((head, now));
                int heartbeats = plan.Next(now, true, trailers, (head, tail));
                trailers += (ulong)heartbeats;
                tail = Math.Min(head, tail + ((ulong)heartbeats * Values));
                foreach ((ulong due, ulong at) in history.Where(entry => now - entry.At > (2 * Interval) + (2 * (ulong)tick)))
                    Assert.True(tail >= due, $"what became due at {at} waits at {now}");
            }
        });

    /// <summary>Each class is looked at by its own interval, and one burst serves all of them.</summary>
    [Fact]
    public void EveryClassHasItsOwnInterval()
    {
        HeartbeatPlan plan = new(10_000, Values, 100, 1000);
        Assert.Equal(0, plan.Next(1000, true, 1, (20ul, 0ul), (30ul, 0ul)));
        Assert.Equal(0, plan.Next(1050, true, 2, (20ul, 0ul), (30ul, 0ul)));
        Assert.Equal(2, plan.Next(1100, true, 3, (20ul, 0ul), (30ul, 0ul)));
        Assert.Equal(0, plan.Next(1200, true, 4, (20ul, 20ul), (30ul, 0ul)));
        Assert.Equal(2, plan.Next(2000, true, 5, (20ul, 20ul), (30ul, 0ul)));
    }
}
