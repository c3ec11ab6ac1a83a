namespace OppTel.Anomaly.Tests;

/// <summary>How often what is usual is called unusual, in an hour of 720,000 steps.</summary>
public class FalseAlarmMeasurements(ITestOutputHelper output)
{
    [Theory(Explicit = true)]
    [InlineData("gaussian")]
    [InlineData("heavy tails")]
    [InlineData("bursts")]
    [InlineData("diurnal drift")]
    public void An_hour(string kind)
    {
        SyntheticHost host = new(Loads.All[kind](1));
        host.Run(3600);
        output.WriteLine($"{kind}: {host.Started.Count()} alarms of {host.Engine.Models.Count} models in {host.HostModel.Learned} steps, threshold {host.HostModel.Threshold:f2}");
        foreach (DetectedAnomaly anomaly in host.Engine.Log.Recent())
        {
            output.WriteLine($"  {(anomaly.Start - (100 * SyntheticHost.Second)) / 1e9:f2} s, {((anomaly.End ?? host.Now) - anomaly.Start) / 1e6} ms, {anomaly.Cgroup ?? "host"} {anomaly.Score:f1} of {anomaly.Threshold:f1}: "
                + string.Join(", ", anomaly.Contributors.Take(3).Select(part => $"{part.Name} {part.Share:p0} {part.Value:g3} for {part.Expected:g3}")));
        }
    }
}
