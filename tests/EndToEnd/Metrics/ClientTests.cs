using System.Diagnostics.Metrics;
using OppTel.Client;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>The .NET client with the real programs.</summary>
public sealed class ClientTests : IDisposable
{
    private const string Four = "-all,+bpf,+perfmon,+net_admin,+net_raw";
    private readonly Testbed testbed = new(driver: "af_packet");
    private readonly Meter meter = new("ClientTests");
    private readonly MetricsProducer producer;

    public ClientTests()
    {
        File.AppendAllText(testbed["host.yaml"], $"producers: {{ socket: {testbed["producers.sock"]}, interval: 10ms }}\n");
        producer = new MetricsProducer(new ProducerOptions
        {
            Meters = [meter.Name],
            Socket = testbed["producers.sock"],
            Name = "client",
            ObserveInterval = TimeSpan.FromMilliseconds(100),
        });
    }

    public void Dispose()
    {
        producer.Dispose();
        meter.Dispose();
        testbed.Dispose();
    }

    /// <summary>By what the DPU shows: a total never falls, whatever becomes of the daemon.</summary>
    [Fact]
    public void TotalsGoOnWhenTheDaemonIsStartedAgain()
    {
        (_, _, RunningProgram host) = testbed.StartAll();
        Counter<long> counter = meter.CreateCounter<long>("client.steps");
        double total = 0, seen = 0;
        for (int round = 0; round < 3; round++)
        {
            counter.Add(5);
            total += 5;
            WaitForTotal();
            host.Kill();
            counter.Add(2);
            total += 2;
            host = testbed.StartHost();
            WaitForTotal();
        }

        void WaitForTotal() => testbed.WaitFor($"a total of {total}", () =>
        {
            double now = testbed.DpuMetrics().Sum("client_steps_total");
            Assert.True(now >= seen || now == 0, $"the total fell from {seen} to {now}");
            seen = Math.Max(seen, now);
            return now == total;
        });
    }

    [Fact]
    public void TheDaemonsFourCapabilitiesAreEnough()
    {
        _ = testbed.StartDataplane();
        _ = testbed.StartAggregator();
        _ = testbed.Start("host", "setpriv", "--bounding-set", Four, "--inh-caps", Four, Repository.Program("opptel-host"), "run", "--config", testbed["host.yaml"]);
        meter.CreateGauge<double>("client.load").Record(2.5);
        testbed.WaitFor("the gauge", () => testbed.DpuMetrics().Sum("client_load") == 2.5);
    }
}
