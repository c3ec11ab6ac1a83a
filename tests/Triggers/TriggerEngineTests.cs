using System.Diagnostics;
using OppTel.Aggregator.Tests;
using OppTel.Telemetry;
using OppTel.Triggers.Conditions;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers.Tests;

/// <summary>Triggers over series that came as trailers.</summary>
public sealed class TriggerEngineTests : IAnomalySource
{
    private const ulong Second = 1_000_000_000;
    private readonly TestSeries series = new();
    private readonly List<Firing> fired = [];
    private readonly List<OpenAnomaly> anomalies = [];

    void IAnomalySource.AddOpen(List<OpenAnomaly> open) => open.AddRange(anomalies);

    [Fact]
    public void ItFiresForEachHostWithItsWorstSeries()
    {
        TriggerEngine engine = Engine(Rule(Condition("queue", Comparison.Above, 8, ("cpu", "*"))));
        for (int slot = 0; slot < TestSeries.Counter; slot++)
        {
            series.Send(0, slot, (ulong)slot * 5, TestSeries.Start);
            series.Send(1, slot, (ulong)slot, TestSeries.Start);
        }

        engine.Step(TestSeries.Start);
        Firing first = Assert.Single(fired);
        Assert.Equal(("alpha", "queue", 15.0, TestSeries.Start), (first.Host, first.Metric, first.Value, first.Time));
        Assert.Equal([new("cpu", "3")], first.Labels);
        series.Send(1, 1, 9, TestSeries.Start + 1);
        engine.Step(TestSeries.Start + 1);
        engine.Step(TestSeries.Start + 2);
        Assert.Equal(["alpha", "beta"], fired.Select(firing => firing.Host));
        Assert.Equal(8, engine.Watched);
        Assert.Equal(new TriggerCounts(TriggerPhase.Firing, 2, 0, 0), engine.Counts(0));
    }

    [Fact]
    public void LabelsAndNamesChoose()
    {
        TriggerEngine engine = Engine(
            Rule(Condition("que*", Comparison.Above, 0, ("cpu", "1"), ("host", "b*"))),
            Rule(Condition("queue", Comparison.Above, 0, ("cgroup", "*"))),
            Rule(Condition("nonesuch", Comparison.Above, 0)));
        engine.Step(TestSeries.Start);
        Assert.Equal(1, engine.Watched);
    }

    [Fact]
    public void ACounterFiresByItsRate()
    {
        TriggerEngine engine = Engine(Rule(Condition("drops_total", Comparison.RateAbove, 10)));
        for (ulong step = 0; step <= 300; step++)
        {
            ulong now = TestSeries.Start + (step * Second / 100);
            series.Send(0, TestSeries.Counter, step < 200 ? step / 20 : step, now);
            engine.Step(now);
            Assert.True(step >= 200 || fired.Count == 0, "5 each second are not above 10");
        }

        Assert.InRange(Assert.Single(fired).Value, 10, 200);
    }

    [Fact]
    public void AnomaliesFireByTheirScore()
    {
        TriggerEngine engine = Engine(Rule(new AnomalyCondition(new TextPattern("*"), null, 5)), Rule(new AnomalyCondition(new TextPattern("*"), new TextPattern("/x*"), 0)));
        anomalies.AddRange([new OpenAnomaly("alpha", null, 4.9), new OpenAnomaly("beta", "/y", 6), new OpenAnomaly("beta", "/x/z", 7)]);
        engine.Step(1);
        Assert.Equal([(0, "beta", 7.0), (1, "beta", 7.0)], fired.Select(firing => (firing.Trigger, firing.Host, firing.Value)));
        Assert.All(fired, firing => Assert.Equal([new("cgroup", "/x/z")], firing.Labels));
        anomalies.Clear();
        engine.Step(2);
        Assert.Equal(TriggerPhase.HeldOff, engine.Counts(0).Phase);
    }

    [Fact]
    public void LookingAllocatesNothing()
    {
        TriggerEngine engine = Engine(
            Rule(Condition("queue", Comparison.Above, 8)), Rule(Condition("drops_total", Comparison.RateAbove, 10)), Rule(Condition("queue", Comparison.Below, 100)));
        for (int slot = 0; slot <= TestSeries.Counter; slot++)
            series.Send(0, slot, (ulong)slot * 5, TestSeries.Start);
        ulong now = TestSeries.Start;
        engine.Step(now);
        Assert.Equal(2, fired.Count);
        Allocations.AssertNone(_ =>
        {
            for (int step = 0; step < 1000; step++)
                engine.Step(now += 1000);
        });
        Assert.Equal(2, fired.Count);
    }

    /// <summary>Prints what looking at a series takes.</summary>
    [Fact(Explicit = true)]
    public void MeasureALook()
    {
        const int Steps = 200_000;
        foreach ((string what, SeriesCondition condition) in ((string, SeriesCondition)[])[
            ("above", Condition("queue", Comparison.Above, 1e9)), ("rate_above", Condition("queue", Comparison.RateAbove, 1e9))])
        {
            TriggerEngine engine = Engine(Rule(condition));
            for (int slot = 0; slot < TestSeries.Counter; slot++)
            {
                series.Send(0, slot, 1, TestSeries.Start);
                series.Send(1, slot, 1, TestSeries.Start);
            }

            engine.Step(TestSeries.Start);
            Stopwatch watch = Stopwatch.StartNew();
            for (int step = 1; step <= Steps; step++)
                engine.Step(TestSeries.Start + ((ulong)step * 1000));
            TestContext.Current.TestOutputHelper!.WriteLine($"{what}: {watch.Elapsed.TotalNanoseconds / Steps / engine.Watched:0} ns a series");
        }
    }

    private static TriggerRule Rule(Condition when) => new("t", when, TimeSpan.FromMinutes(1), []);

    private static SeriesCondition Condition(string metric, Comparison comparison, double limit, params (string Name, string Value)[] labels) => new(
        new TextPattern(metric), labels.ToDictionary(label => label.Name, label => new TextPattern(label.Value)), comparison, limit, default, TimeSpan.FromSeconds(1));

    private TriggerEngine Engine(params TriggerRule[] rules) => new(rules, series.Receiver.Series, this, fired.Add);
}
