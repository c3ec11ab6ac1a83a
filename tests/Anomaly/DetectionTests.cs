namespace OppTel.Anomaly.Tests;

/// <summary>Stress on a host under load, in logical time: it is flagged at the latest two steps after the values that show it.</summary>
public class DetectionTests
{
    private const double Warm = 40;
    private static readonly AnomalySettings Impatient = new()
    {
        WarmUp = TimeSpan.FromSeconds(10),
        AcceptAfter = TimeSpan.FromSeconds(15),
        Memory = TimeSpan.FromSeconds(60),
    };

    private static readonly Load Looping = new(QuietCpu: 1.5, Queue: 4);

    public static TheoryData<string> Kinds => [.. Loads.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_loop_that_takes_a_CPU_is_flagged_with_its_cgroup(string kind)
    {
        SyntheticHost host = Start(kind, Looping);
        // Where the load itself takes all CPUs now and then, a whole host that does is not unusual, but the cgroup is.
        if (kind is not "heavy tails" and not "bursts" and not "wandering with jobs")
            AssertWithinTwoSteps(host, null);
        DetectedAnomaly ofCgroup = AssertWithinTwoSteps(host, SyntheticHost.Quiet);
        Contributor first = ofCgroup.Contributors[0];
        Assert.Equal("opptel_cgroup_cpu_time_seconds_total", first.Name);
        Assert.InRange(first.Value, 1.49, 1.52);
        Assert.InRange(first.Expected, 0, 0.05);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Memory_that_goes_away_is_flagged_when_it_has_been_read(string kind)
    {
        SyntheticHost host = Start(kind, new Load(QuietMemory: 500e6, Faults: 120_000));
        foreach (string? cgroup in (string?[])[null, SyntheticHost.Quiet])
        {
            DetectedAnomaly anomaly = AssertWithinTwoSteps(host, cgroup);
            Assert.Contains("memory", anomaly.Contributors[0].Name, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Writing_to_a_disk_is_flagged(string kind)
    {
        SyntheticHost host = Start(kind, new Load(Writes: 60_000));
        // A load that has bursts of writes itself leaves less to see, and it takes longer.
        DetectedAnomaly anomaly = AssertWithinTwoSteps(host, null, more: kind is "heavy tails" or "bursts" ? 2ul : 0);
        Contributor first = anomaly.Contributors[0];
        Assert.StartsWith("system_disk_", first.Name, StringComparison.Ordinal);
        Assert.Equal(new KeyValuePair<string, string>("disk_io_direction", "write"), Assert.Single(first.Labels));
        Assert.True(first.Value > 3 * first.Expected);
        Assert.Equal(1, anomaly.Contributors.Sum(part => part.Share), 0.1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_usual_does_not_alarm(string kind)
    {
        SyntheticHost host = new(Loads.All[kind](7));
        host.Run(100);
        Assert.Equal(20_000, host.HostModel.Learned);
        Assert.InRange(host.Started.Count(), 0, 1);
    }

    [Fact]
    public void An_anomaly_is_not_learned_and_alarms_again()
    {
        SyntheticHost host = Start("gaussian", Looping, seconds: 60);
        DetectedAnomaly first = Assert.Single(host.Started, anomaly => anomaly.Cgroup is null);
        long learned = host.HostModel.Learned;
        Assert.Null(Assert.Single(host.Engine.Log.Recent(), anomaly => anomaly.Id == first.Id).End);
        ulong end = host.Now;
        host.Stress = default;
        host.Run(3);
        // What is read once a second stays unusual for one more, and then it has to be quiet for another.
        Assert.InRange(host.HostModel.Learned - learned, 180, 420);
        DetectedAnomaly ended = Assert.Single(host.Engine.Log.Recent(), anomaly => anomaly.Id == first.Id);
        Assert.InRange(ended.End!.Value, end - SyntheticHost.Second, end + (SyntheticHost.Second * 11 / 10));
        Assert.Contains(host.Events, happened => !happened.IsStart && happened.Anomaly.Id == first.Id);
        host.Stress = Looping;
        host.Run(0.02);
        Assert.Equal(2, host.Started.Count(anomaly => anomaly.Cgroup is null));
        Assert.Equal(2, host.HostModel.Alarms);
    }

    [Fact]
    public void What_lasts_becomes_the_new_normal()
    {
        SyntheticHost host = new(Loads.All["gaussian"](3), Impatient);
        host.Run(20);
        host.Stress = Looping;
        host.Run(16);
        Assert.False(host.HostModel.IsWarm);
        Assert.All(host.Engine.Log.Recent(), anomaly => Assert.NotNull(anomaly.End));
        int before = host.Started.Count();
        host.Run(60);
        Assert.True(host.HostModel.IsWarm);
        Assert.Equal(before, host.Started.Count());
        // And what used to be normal is not any more.
        host.Stress = default;
        host.Run(0.1);
        Assert.Contains(host.Started.Skip(before), anomaly => anomaly.Cgroup == SyntheticHost.Quiet);
    }

    [Fact]
    public void Nothing_alarms_before_the_warm_up_has_ended()
    {
        SyntheticHost host = new(Loads.All["gaussian"](4));
        for (int second = 0; second < 29; second++)
        {
            host.Stress = second % 5 == 4 ? new Load(QuietCpu: 1, Writes: 4000) : default;
            host.Run(1);
        }

        Assert.Empty(host.Events);
    }

    private static SyntheticHost Start(string kind, Load stress, double seconds = 1)
    {
        SyntheticHost host = new(Loads.All[kind](5));
        host.Run(Warm);
        Assert.Empty(host.Events);
        host.Stress = stress;
        host.Run(seconds + 0.02);
        return host;
    }

    /// <summary>Looks at the first anomaly of a model after the warm-up, and at how long it took from the arrival of what shows it.</summary>
    private static DetectedAnomaly AssertWithinTwoSteps(SyntheticHost host, string? cgroup, ulong more = 0)
    {
        DetectedAnomaly anomaly = host.Started.First(anomaly => anomaly.Cgroup == cgroup);
        // Values arrive 10 us before a look: the first look sees those of the first step under stress, or, of what is read once a
        // second, those of the end of that second.
        ulong stressed = (100 * SyntheticHost.Second) + (ulong)(Warm * SyntheticHost.Second), second = stressed + SyntheticHost.Second;
        ulong shown = anomaly.Detected >= second ? second : stressed + SyntheticHost.Step;
        Assert.InRange(anomaly.Detected, shown, shown + ((1 + more) * SyntheticHost.Step));
        Assert.True(anomaly.Score > anomaly.Threshold);
        return anomaly;
    }
}
