using CsCheck;
using OppTel.Telemetry;
using OppTel.Triggers.Conditions;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers.Tests;

/// <summary>Whether a condition has held for long enough, against an oracle that has seen everything.</summary>
public sealed class SeriesWatchTests
{
    private readonly TestSeries series = new();

    /// <summary>A value arrives some time before it is looked at, or stays what it was.</summary>
    private static readonly Gen<(int Wait, bool Arrives, int Late, double Value)> Step = Gen.Select(
        Gen.Int[0, 30], Gen.Bool, Gen.Int[0, 10], Gen.Frequency((3, Gen.Double[0, 20]), (1, Gen.Const(10.0)), (1, Gen.Const(double.NaN))));

    [Fact]
    public void ItHoldsWhenItWasBeyondAllTheTime() => Gen.Select(Gen.Int[0, 60], Gen.Bool, Step.Array[1, 100]).Sample((lasting, isAbove, steps) =>
    {
        // Durations are multiples of 100 ns: a unit of this test.
        SeriesCondition condition = Condition(isAbove ? Comparison.Above : Comparison.Below, 10, TimeSpan.FromTicks(lasting));
        SeriesWatch watch = new(Gauge, condition);
        (ulong now, ulong arrival, double value) = (0, 0, steps[0].Value);
        List<(ulong Now, ulong Arrival, double Value)> seen = [];
        foreach ((int wait, bool arrives, int late, double next) in steps)
        {
            ulong before = now;
            now += (ulong)wait * 100;
            // A new value came since the last look.
            if (arrives)
                (arrival, value) = (Math.Max(before, now - Math.Min(now, (ulong)late * 100)), next);
            seen.Add((now, arrival, value));
            Assert.Equal(HasHeld(seen, isAbove, (ulong)lasting * 100), watch.Judge(now, value, arrival, out double compared));
            Assert.Equal(value, compared);
        }
    });

    /// <summary>A counter that began again has no rate until a window has passed; a gauge may fall.</summary>
    [Fact]
    public void ACounterThatBeganAgainHasNoRate()
    {
        SeriesWatch counter = new(Find("drops_total"), Condition(Comparison.RateBelow, 0, default)), gauge = new(Gauge, Condition(Comparison.RateBelow, 0, default));
        Assert.False(counter.Judge(0, 100, 0, out _) || gauge.Judge(0, 100, 0, out _));
        Assert.False(counter.Judge(1_000_000_000, 50, 0, out _));
        Assert.True(gauge.Judge(1_000_000_000, 50, 0, out double rate));
        Assert.Equal(-50, rate);
        Assert.False(counter.Judge(1_999_999_999, 60, 0, out _));
        Assert.False(counter.Judge(2_000_000_000, 60, 0, out rate));
        Assert.Equal(10, rate);
    }

    [Fact]
    public void OfASilentHostNothingIsKnown()
    {
        SeriesWatch watch = new(Gauge, Condition(Comparison.Above, 1, TimeSpan.FromMilliseconds(100)));
        series.Send(0, 0, 9, TestSeries.Start);
        Assert.False(watch.Look(TestSeries.Start, out _));
        Assert.True(watch.Look(TestSeries.Start + 100_000_000, out double value));
        Assert.Equal(9, value);
        Assert.False(watch.Look(TestSeries.Start + SeriesWatch.Silence + 1, out _));
        // It comes back: the wait begins anew.
        series.Send(0, 0, 9, TestSeries.Start + 5_000_000_000);
        Assert.False(watch.Look(TestSeries.Start + 5_000_000_000, out _));
        Assert.True(watch.Look(TestSeries.Start + 5_100_000_000, out _));
    }

    private Series Gauge => Find("queue");

    private static bool HasHeld(List<(ulong Now, ulong Arrival, double Value)> seen, bool isAbove, ulong lasting)
    {
        int first = seen.Count;
        while (first > 0 && (isAbove ? seen[first - 1].Value > 10 : seen[first - 1].Value < 10))
            first--;
        return first < seen.Count && seen[^1].Now - seen[first].Arrival >= lasting;
    }

    private static SeriesCondition Condition(Comparison comparison, double limit, TimeSpan lasting) =>
        new(new TextPattern("*"), new Dictionary<string, TextPattern>(), comparison, limit, lasting, TimeSpan.FromSeconds(1));

    private Series Find(string name) => series.Receiver.Series.Snapshot.First(entry => entry.Family.Name == name && entry.Host.Name == "alpha");
}
