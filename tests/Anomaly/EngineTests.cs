namespace OppTel.Anomaly.Tests;

/// <summary>Which models there are, when they look, and what that costs.</summary>
public class EngineTests
{
    private static readonly AnomalySettings Quick = new() { WarmUp = TimeSpan.FromSeconds(6), Memory = TimeSpan.FromSeconds(30) };

    [Fact]
    public void A_host_and_each_cgroup_have_a_model()
    {
        SyntheticHost host = new(Loads.All["gaussian"](1), Quick);
        host.Run(1.5);
        Assert.Equal(
            [null, "/system.slice/cron.service", "/system.slice/db.service", "/system.slice/web.service"],
            host.Engine.Models.Select(model => model.Cgroup).Order(StringComparer.Ordinal));
        Assert.All(host.Engine.Models, model => Assert.Equal(("web-17", 300), (model.Host, model.Learned)));
        // Series of a host with the same name and labels of interest are one metric: CPU time of three cgroups, of one CPU in two modes.
        Assert.Equal(15, host.HostModel.Metrics);
        Assert.Equal(5, host.Engine.Models.First(model => model.Cgroup == SyntheticHost.Quiet).Metrics);
        Assert.Equal(0, host.Engine.LeftOut);
    }

    [Fact]
    public void Models_are_bounded_and_what_is_left_out_is_counted()
    {
        SyntheticHost host = new(Loads.All["gaussian"](1), Quick with { MaxModels = 2 }, others: 3);
        host.Run(0.1);
        Assert.Equal(2, host.Engine.Models.Count);
        // Five series of each of five cgroups.
        Assert.Equal(25, host.Engine.LeftOut);
        host.End("/system.slice/web.service");
        host.Run(2.1);
        // One of them has got the place.
        Assert.Equal((2, 20), (host.Engine.Models.Count, host.Engine.LeftOut));
    }

    [Fact]
    public void Features_are_bounded()
    {
        Assert.True(MetricRule.TryParse("opptel_* by cgroup,context_switch_type", out MetricRule rule, out _));
        SyntheticHost host = new(Loads.All["gaussian"](1), Quick with { HostMetrics = [rule] }, others: 50);
        host.Run(0.1);
        Assert.Equal(AnomalyModel.MaxFeatures, host.HostModel.Metrics);
        Assert.InRange(host.Engine.LeftOut, 100, 300);
        // What has ended makes place.
        int before = host.Engine.LeftOut;
        host.End("/system.slice/web.service");
        host.Run(2.1);
        Assert.Equal((AnomalyModel.MaxFeatures, before - 5), (host.HostModel.Metrics, host.Engine.LeftOut));
    }

    [Fact]
    public void A_cgroup_that_ends_takes_its_model_and_its_anomaly_along()
    {
        SyntheticHost host = new(Loads.All["gaussian"](1), Quick);
        host.Run(10);
        host.Stress = new Load(QuietCpu: 1.5);
        host.Run(0.5);
        DetectedAnomaly anomaly = Assert.Single(host.Started, anomaly => anomaly.Cgroup == SyntheticHost.Quiet);
        host.End(SyntheticHost.Quiet);
        host.Run(1.1);
        Assert.DoesNotContain(host.Engine.Models, model => model.Cgroup == SyntheticHost.Quiet);
        Assert.NotNull(host.Engine.Log.Recent().Single(other => other.Id == anomaly.Id).End);
    }

    [Fact]
    public void Nothing_is_learned_or_said_of_a_host_that_is_silent()
    {
        SyntheticHost host = new(Loads.All["gaussian"](1), Quick);
        host.Run(10);
        long learned = host.HostModel.Learned;
        host.BeSilent(5);
        Assert.InRange(host.HostModel.Learned - learned, 0, 40);
        host.Run(2);
        Assert.InRange(host.HostModel.Learned - learned, 400, 440);
        Assert.Empty(host.Events);
    }

    /// <summary>1e300 in 5 ms is an infinite rate.</summary>
    [Fact]
    public void A_counter_beyond_all_measure_does_not_blind_a_model()
    {
        Assert.True(MetricRule.TryParse("opptel_absurd_total", out MetricRule rule, out _));
        SyntheticHost host = new(Loads.All["gaussian"](1), Quick with { HostMetrics = [rule, .. DefaultMetrics.OfHost] }, absurd: 1e300);
        host.Run(1);
        host.Absurd = 0;
        host.Run(9);
        Assert.Equal(16, host.HostModel.Metrics);
        Assert.InRange(host.HostModel.Score, 0, double.MaxValue);
        Assert.InRange(host.HostModel.Threshold, 0, double.MaxValue);
        host.Absurd = 1e300;
        host.Run(0.5);
        Assert.Empty(host.Started);
        host.Stress = new Load(Cpu: 1.5, QuietCpu: 1.5);
        host.Run(0.5);
        Assert.Contains(host.Started, anomaly => anomaly.Cgroup is null);
    }

    [Fact]
    public void A_look_allocates_nothing()
    {
        SyntheticHost host = new(Loads.All["gaussian"](1), Quick);
        host.Run(7);
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long allocated = 0;
            for (int step = 0; step < 400; step++)
            {
                host.Deliver();
                long before = GC.GetAllocatedBytesForCurrentThread();
                host.Engine.Step();
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }

            least = Math.Min(least, allocated);
        }

        Assert.Equal(0, least);
        Assert.True(host.HostModel.IsWarm);
    }

    [Fact]
    public void Detection_is_timed_from_the_arrival_of_what_shows_it()
    {
        SyntheticHost host = new(Loads.All["gaussian"](1), Quick);
        host.Run(30);
        host.Stress = new Load(QuietCpu: 1.5, Queue: 4);
        host.Run(0.1);
        // Records arrive 10 us before each look.
        Assert.Contains(host.Started, anomaly => anomaly.Cgroup == SyntheticHost.Quiet);
        Assert.Equal(host.Started.Count(), host.Engine.Times.Counts().Sum());
        Assert.Equal(host.Started.Sum(anomaly => ((anomaly.Detected - anomaly.Start) / 1e9) + 1e-5), host.Engine.Times.Sum, 9);
    }
}
