using System.Diagnostics;

namespace OppTel.Anomaly.Tests;

/// <summary>How often what is usual is called unusual, in an hour of 720,000 steps.</summary>
public class FalseAlarmMeasurements(ITestOutputHelper output)
{
    private const int TunedSeed = 1;

    public static TheoryData<string> Tuned => [.. Loads.All.Keys];

    public static TheoryData<string> HeldOut => [.. Loads.HeldOut.Keys];

    /// <summary>Of the loads that the settings are tuned on.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(Tuned))]
    public void A_tuned_hour(string kind) => Tell(kind, Loads.All[kind](TunedSeed));

    /// <summary>Of the same loads with another randomness.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(Tuned))]
    public void Another_hour(string kind) => Tell(kind, Loads.All[kind](4711));

    /// <summary>Of loads that nothing is tuned on.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(HeldOut))]
    public void A_held_out_hour(string kind) => Tell(kind, Loads.HeldOut[kind](4711));

    /// <summary>What a look costs, with as many models as an ordinary host has, all series new at every look.</summary>
    [Fact(Explicit = true)]
    public void The_cost_of_a_look()
    {
        SyntheticHost host = new(Loads.All["gaussian"](1), new AnomalySettings { WarmUp = TimeSpan.FromSeconds(3) }, others: 61);
        host.Run(5);
        // The median: on a machine that does other things too, some looks are interrupted.
        double[] times = new double[20_000];
        foreach (ref double time in times.AsSpan())
        {
            host.Deliver();
            long start = Stopwatch.GetTimestamp();
            host.Engine.Step();
            time = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        double median = times.Order().ElementAt(times.Length / 2), middle = times.Order().Take(times.Length * 95 / 100).Average();
        output.WriteLine($"{median:f1} us in the median and {middle:f1} on average without the longest 5 % for {host.Engine.Models.Count} models with "
            + $"{host.Engine.Models.Sum(model => model.Metrics)} metrics: {middle / 5000:p1} of a CPU");
    }

    private void Tell(string kind, Func<double, Load> load)
    {
        SyntheticHost host = new(load);
        host.Run(3600);
        output.WriteLine($"{kind}: {host.Started.Count()} alarms of {host.Engine.Models.Count} models in {host.HostModel.Learned} steps, threshold {host.HostModel.Threshold:f2}");
        foreach (DetectedAnomaly anomaly in host.Engine.Log.Recent())
        {
            output.WriteLine($"  {(anomaly.Start - (100 * SyntheticHost.Second)) / 1e9:f2} s, {((anomaly.End ?? host.Now) - anomaly.Start) / 1e6} ms, {anomaly.Cgroup ?? "host"} {anomaly.Score:f1} of {anomaly.Threshold:f1}: "
                + string.Join(", ", anomaly.Contributors.Take(3).Select(part => $"{part.Name} {part.Share:p0} {part.Value:g3} for {part.Expected:g3}")));
        }
    }
}
