using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Scheduling;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Which class a metric belongs to, and what the packet path is told.</summary>
public class MetricClassesTests
{
    private readonly MetricClasses classes = new(
    [
        new("fast", TimeSpan.FromMilliseconds(20), TimeSpan.Zero, 2, ["process_*", "a_total"]),
        new("slow", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(10), 1, ["process_cpu_*", "*"]),
        new("rare", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), 1, ["process_cpu_time_seconds_total"]),
    ]);

    [Theory]
    [InlineData("a_total", 0)]
    [InlineData("a_total_too", 1)]
    [InlineData("process_x", 0)]
    [InlineData("process_cpu_x", 1)]
    [InlineData("process_cpu_time_seconds_total", 2)]
    [InlineData("else", 1)]
    public void TheLongestPatternCounts(string name, int expected)
    {
        classes.Learn([new Metric { Id = 7, Name = name }]);
        Assert.Equal(expected, classes.Of(7));
    }

    /// <summary>Of the classes that let it wait no longer, the one that rests least; what rests least already stays.</summary>
    [Theory]
    [InlineData("process_cpu_time_seconds_total", 0)]
    [InlineData("else", 0)]
    [InlineData("a_total", 0)]
    public void WhatIsHastenedRestsLeast(string name, int expected)
    {
        classes.Learn([new Metric { Id = 7, Name = name }]);
        byte own = classes.Of(7);
        classes.Hasten(new HashSet<uint> { 7 });
        Assert.Equal(expected, classes.Of(7));
        classes.Hasten(new HashSet<uint>());
        Assert.Equal(own, classes.Of(7));
        Assert.Equal((name, null), (classes.NameOf(7), classes.NameOf(8)));
    }

    [Fact]
    public void AllBucketsOfAHistogramBelongToItsClass()
    {
        Metric histogram = OppTel.Host.Samplers.SlotMetrics.Histogram("process_seconds", "A.");
        histogram.Id = 100;
        classes.Learn([histogram]);
        Assert.All(Enumerable.Range(100, histogram.LogLinear.Buckets), id => Assert.Equal(0, classes.Of((uint)id)));
    }

    [Fact]
    public void APatternThatMatchesNothingIsTold() =>
        Assert.Equal(["process_cpu_*", "process_cpu_time_seconds_total"], classes.Unmatched(["process_x", "a_total"]));

    [Fact]
    public void RingsAndRulesAreNumberedForThePacketPath()
    {
        HostState state = default;
        classes.WriteTo(ref state);
        Assert.Equal((3u, 5u, 2u, 6), (state.Classes, state.Refresh, state.Resting, classes.Rings));
        Assert.Equal((20_000_000ul, 0u), (state.Class[0].MaxAge, state.Class[0].MinInterval));
        Assert.Equal((3u, 4u), (state.Class[1].Resting, state.Class[2].Resting));
        Assert.Equal((10_000_000u + 1023) >> HostMaps.RestShift, state.Class[1].MinInterval);
    }

    [Fact]
    public void HeartbeatsKeepTheMaximumAgeOfEachClass()
    {
        HeartbeatPlan plan = classes.PlanHeartbeats(TimeSpan.FromSeconds(5));
        Assert.Equal(HeartbeatCause.None, plan.Judge(1_000_000_000, true, 1_000_000_000, [990_000_000, 0, 0]));
        Assert.Equal(1_005_000_000ul, plan.NextLook);
        Assert.Equal(HeartbeatCause.Deadline, plan.Judge(1_005_000_000, true, 1_000_000_000, [990_000_000, 0, 0]));
        Assert.Equal(HeartbeatCause.Deadline, plan.Judge(1_500_000_000, true, 1_500_000_000, [HeartbeatPlan.Nothing, 0, HeartbeatPlan.Nothing]));
    }
}
