using OppTel.EndToEnd.Tests.Lease;
using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.EndToEnd.Tests.Testbeds.Links;

namespace OppTel.EndToEnd.Tests.Fallback;

/// <summary>Critical metrics arrive when packets do not carry them, and leave like all others again when they can.</summary>
public sealed class FallbackTests
{
    private static readonly TimeSpan LongestAge = TimeSpan.FromSeconds(5);

    [Fact]
    public void WithoutADataplaneCriticalMetricsReachACollectorByUdpUntilOneIsBack()
    {
        using Testbed testbed = new();
        Configure(testbed, $", collector: '{Testbed.NetworkAddress}:9437'");
        string configuration = testbed["collector.yaml"];
        File.WriteAllText(configuration, $"segment: none\nlisten: 127.0.0.1:9435\nkey_file: {testbed["key"]}\ncollector: {{ listen: '0.0.0.0:9437' }}\n");
        _ = testbed.Start("network", Repository.Program("opptel-aggregator"), "run", "--config", configuration);
        using HttpClient client = testbed.Network.Http();
        RunningProgram dataplane = testbed.StartAll().Dataplane;
        using SteadySender traffic = new(testbed);
        using Script script = new(testbed);
        testbed.WaitFor("the count at the DPU", () => testbed.DpuMetrics().Sum(Script.Metric) > 10);
        testbed.WaitFor("piggyback", () => Mode(testbed, "piggyback") == 1);

        dataplane.Kill();
        testbed.WaitFor("the collector's mode", () => Mode(testbed, "collector") == 1);
        testbed.WaitFor("the count at the collector", () => Collected().Sum(Script.Metric) > 0);
        // What is counted now is there soon, while no dataplane is.
        for (int look = 0; look < 5; look++)
        {
            double counted = script.Count;
            Poll.Until($"a count of {counted}", () => Collected().Sum(Script.Metric) >= counted, testbed.Logs, LongestAge);
        }

        Assert.Equal(0, Collected().Sum("opptel_records_undecodable_total"));
        Assert.Empty(Collected().With("cpu", "0"));
        Assert.Contains("by collector for", testbed.Run("host", Repository.Program("opptel-host"), "status", "--config", testbed["host.yaml"]).Expect(), StringComparison.Ordinal);

        _ = testbed.StartDataplane();
        testbed.WaitFor("piggyback again", () => Mode(testbed, "piggyback") == 1);
        script.Rest();
        testbed.WaitFor("the truth at the DPU", () => testbed.DpuMetrics().Sum(Script.Metric) == script.Count);
        Assert.InRange(testbed.HostMetrics().Sum("opptel_host_fallback_switches_total", ("mode", "piggyback")), 1, 2);

        Exposition Collected() => new(client.GetStringAsync("http://127.0.0.1:9435/metrics").GetAwaiter().GetResult());
    }

    [Fact]
    public void UnderLossCriticalMetricsAreSentAgainUntilTheyAreAcknowledged()
    {
        using Testbed testbed = new(faultyLink: true);
        Configure(testbed, "");
        testbed.StartAll();
        using SteadySender traffic = new(testbed);
        using Script script = new(testbed);
        testbed.WaitFor("the count at the DPU", () => testbed.DpuMetrics().Sum(Script.Metric) > 10);
        testbed.Link.ToDpu.Faults = new LinkFaults { Loss = 0.4 };
        testbed.WaitFor("frames of their own", () => Mode(testbed, "dedicated") == 1);
        testbed.WaitFor("some that were lost", () => testbed.HostMetrics().Sum("opptel_host_dedicated_frames_total", ("way", "dpu"), ("outcome", "lost")) > 3);
        for (int look = 0; look < 5; look++)
        {
            double counted = script.Count;
            Poll.Until($"a count of {counted}", () => testbed.DpuMetrics().Sum(Script.Metric) >= counted, testbed.Logs, LongestAge);
        }

        script.Rest();
        testbed.WaitFor("the truth under loss", () => testbed.DpuMetrics().Sum(Script.Metric) == script.Count);
        testbed.WaitFor("acknowledgements", () => testbed.HostMetrics().Sum("opptel_host_dedicated_slots", ("way", "dpu"), ("state", "unacknowledged")) == 0);
        Exposition dpu = testbed.DpuMetrics();
        Assert.True(dpu.Sum("opptel_transport_records_total", ("transport", "dedicated")) > 0);
        Assert.True(dpu.Sum("opptel_dedicated_frames_total", ("fate", "received")) > 0);
        Assert.Equal(0, dpu.Sum("opptel_dataplane_rejected_total"));
        Assert.Equal(0, dpu.Sum("opptel_records_undecodable_total", ("reason", "malformed")));
        testbed.Link.Faults = new LinkFaults();
        testbed.WaitFor("piggyback again", () => Mode(testbed, "piggyback") == 1);
    }

    private static double Mode(Testbed testbed, string mode) => testbed.HostMetrics().Sum("opptel_host_fallback_mode", ("mode", mode));

    private static void Configure(Testbed testbed, string more) => File.AppendAllText(
        testbed["host.yaml"],
        $"{Script.Configuration(testbed)}fallback: {{ metrics: [{Script.Metric}], for: 200ms, recover: 2s, no_carriers: 1s, collector_after: 500ms{more} }}\n");
}
