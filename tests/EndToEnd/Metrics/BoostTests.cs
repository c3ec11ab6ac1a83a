using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>A trigger on the DPU has the host read a metric more often for a while, through the beacons, and everything ends by itself.</summary>
public sealed class BoostTests
{
    private const string Metric = "opptel_runqueue_length";

    [Fact]
    public void ATriggerHasTheHostReadMoreOften()
    {
        using Testbed testbed = new("af_packet");
        string path = testbed["statsd.sock"];
        File.AppendAllText(testbed["host.yaml"], $"statsd: {{ socket: {path} }}\n");
        File.AppendAllText(testbed["aggregator.yaml"], $$"""
            triggers:
              - name: watch closely
                when: { metric: watch_closely, above: 5 }
                do: [{ boost: { metrics: [{{Metric}}], interval: 500us, duration: 8s } }]
            """);
        testbed.StartAll();
        // Some carriers, and fewer than a clock has readings.
        testbed.Start("host", "ping", "-q", "-i", "0.05", Testbed.NetworkAddress);
        testbed.WaitFor("carriers", () => Records(testbed) > 0);
        Thread.Sleep(2000);
        int before = Records(testbed);
        Assert.Equal(0, testbed.HostMetrics().Sum("opptel_host_samples_total"));

        using Socket script = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        script.Connect(new UnixDomainSocketEndPoint(path));
        script.Send(Encoding.UTF8.GetBytes("watch.closely:9|g"));
        testbed.WaitFor("the boost", () => Interval(testbed) == 0.0005);
        string status = testbed.Run("host", Repository.Program("opptel-host"), "status", "--config", testbed["host.yaml"]).Expect();
        Assert.Contains($"{Metric} each 500 us for ", status, StringComparison.Ordinal);
        int more = 0;
        testbed.WaitFor("more records", () => (more = Records(testbed)) > Math.Max(3 * before, 100));
        Assert.Equal(1, testbed.DpuMetrics().Sum("opptel_trigger_actions_total", ("action", "boost"), ("outcome", "done")));

        testbed.WaitFor("the end", () => Interval(testbed) == 0);
        double samples = testbed.HostMetrics().Sum("opptel_host_samples_total");
        Assert.Equal(1, testbed.HostMetrics().Sum("opptel_host_boosts_total", ("verdict", "granted")));
        testbed.WaitFor("fewer records again", () => Records(testbed) < more / 2);
        Assert.Equal(samples, testbed.HostMetrics().Sum("opptel_host_samples_total"));
    }

    private static double Interval(Testbed testbed) => testbed.HostMetrics().Sum("opptel_host_boost_interval_seconds", ("metric", Metric));

    /// <summary>Records of the metric in the last two seconds, on all CPUs.</summary>
    private static int Records(Testbed testbed)
    {
        JsonElement series = testbed.Ask($"/api/v1/series?name={Metric}").GetProperty("series");
        return series.EnumerateArray().Sum(one =>
            testbed.Ask($"/api/v1/records?id={one.GetProperty("id").GetInt64()}&start=-2s").GetProperty("times").GetArrayLength());
    }
}
