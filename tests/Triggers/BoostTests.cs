using CsCheck;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Triggers.Actions;
using OppTel.Triggers.Conditions;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers.Tests;

/// <summary>What hosts are asked for, against an oracle that keeps every wish.</summary>
public sealed class BoostTests
{
    private static readonly Gen<(uint Host, uint[] Metrics, int Interval, int Wait, int Duration)> Wish = Gen.Select(
        Gen.UInt[1, 3], Gen.UInt[1, 12].ArrayUnique[1, 6], Gen.Int[1, 3], Gen.Int[0, 20], Gen.Int[1, 60]);

    [Fact]
    public void EachWishLastsAsLongAsItSaysOrIsRefused() => Wish.Array[1, 60].Sample(wishes =>
    {
        BoostBook book = new();
        List<(uint Host, uint Metric, uint Interval, ulong Until)> oracle = [];
        ulong now = 0;
        foreach ((uint host, uint[] metrics, int interval, int wait, int duration) in wishes)
        {
            now += (ulong)wait * 1_000_000;
            ulong until = now + ((ulong)duration * 1_000_000);
            (uint, uint, uint, ulong)[] wanted = [.. metrics.Select(metric => (host, metric, (uint)interval * 1000, until))];
            HashSet<(uint, uint)> lasting = [.. oracle.Concat(wanted).Where(wish => wish.Item1 == host && wish.Item4 > now).Select(wish => (wish.Item2, wish.Item3))];
            bool isTaken = book.TryRaise(host, metrics, TimeSpan.FromMilliseconds(interval), now, TimeSpan.FromMilliseconds(duration));
            Assert.Equal(lasting.Count <= SegmentLayout.MaxBoosts, isTaken);
            if (isTaken)
                oracle.AddRange(wanted);
            for (uint other = 1; other <= 3; other++)
            {
                Assert.Equal(
                    oracle.Where(wish => wish.Host == other && wish.Until > now).GroupBy(wish => (wish.Metric, wish.Interval))
                        .Select(group => new HostBoost(group.Key.Metric, group.Key.Interval, group.Max(wish => wish.Until))).OrderBy(boost => (boost.Metric, boost.IntervalMicroseconds)),
                    book.Of(other).ToArray().Where(boost => boost.Until > now).OrderBy(boost => (boost.Metric, boost.IntervalMicroseconds)));
            }
        }
    });

    [Fact]
    public async Task AMetricOfTheHostIsFoundByItsName()
    {
        TestSeries series = new();
        BoostBook book = new();
        await Action("que*", series, book).Run(Event("beta"), TestContext.Current.CancellationToken);
        Assert.Equal([new HostBoost(1, 100, TestSeries.Start + 10_000_000_000)], book.Of(2).ToArray());
        Assert.True(book.Of(1).IsEmpty);
        // The wish is one to a daemon that is gone.
        series.Restart(1, 77);
        Assert.True(book.Of(77).IsEmpty);
        await Action("queue", series, book).Run(Event("beta"), TestContext.Current.CancellationToken);
        Assert.False(book.Of(77).IsEmpty);
    }

    [Fact]
    public async Task WhatCannotBeAskedForIsSaid()
    {
        TestSeries series = new();
        BoostBook book = new();
        Assert.Equal("the host beta has no metric nonesuch", await Fails(Action("nonesuch", series, book), "beta"));
        Assert.Equal("the host gamma is gone", await Fails(Action("queue", series, book), "gamma"));
        Assert.True(book.TryRaise(2, [.. Enumerable.Range(10, SegmentLayout.MaxBoosts).Select(id => (uint)id)], TimeSpan.FromMilliseconds(1), TestSeries.Start, TimeSpan.FromMinutes(1)));
        Assert.StartsWith("queue: a beacon asks for at most 16 metrics", await Fails(Action("queue", series, book), "beta"), StringComparison.Ordinal);
    }

    private static BoostAction Action(string metric, TestSeries series, BoostBook book) =>
        new(new BoostRule([new TextPattern(metric)], TimeSpan.FromMicroseconds(100), TimeSpan.FromSeconds(10)), series.Receiver, book, () => TestSeries.Start);

    private static async Task<string> Fails(BoostAction action, string host) =>
        (await Assert.ThrowsAsync<TriggerActionException>(() => action.Run(Event(host), TestContext.Current.CancellationToken))).Message;

    private static TriggerEvent Event(string host) => new("t", new Firing(0, TestSeries.Start, host, "queue", 1, []), 0);
}
