using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using OppTel.Client;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>
/// What programs that bring metrics cost the daemon, and how soon an update is at the DPU. Nothing is asserted; run with
/// <c>-explicit only -class "*ClientMeasurements" -showliveoutput</c>.
/// </summary>
public sealed class ClientMeasurements(ITestOutputHelper output)
{
    private const int Series = 1000;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);

    [Fact(Explicit = true)]
    public void CostAndAge()
    {
        using Testbed testbed = new(driver: "af_packet");
        File.AppendAllText(testbed["host.yaml"], $"producers: {{ socket: {testbed["producers.sock"]}, interval: 10ms }}\n");
        (_, _, RunningProgram host) = testbed.StartAll();
        Tell("nobody is connected", host, () => Thread.Sleep(10));
        using Meter meter = new("ClientMeasurements");
        using MetricsProducer producer = new(new ProducerOptions { Meters = [meter.Name], Socket = testbed["producers.sock"], Name = "client" });
        Gauge<long> gauge = meter.CreateGauge<long>("measured.value");
        Tell("the age of an update at the DPU", testbed, gauge);
        Counter<long> counter = meter.CreateCounter<long>("measured.steps");
        KeyValuePair<string, object?>[] tags = [.. Enumerable.Range(0, Series).Select(number => new KeyValuePair<string, object?>("number", number))];
        Array.ForEach(tags, tag => counter.Add(1, tag));
        testbed.WaitFor("all series", () => testbed.DpuMetrics().Sum("measured_steps_total") == Series);
        Tell($"{Series} cells, idle", host, () => Thread.Sleep(10));
        Tell($"{Series} cells, all changing", host, () =>
        {
            Array.ForEach(tags, tag => counter.Add(1, tag));
            Thread.Sleep(5);
        });
    }

    private void Tell(string what, RunningProgram host, Action work)
    {
        double before = CpuSeconds(host.Id);
        Stopwatch watch = Stopwatch.StartNew();
        while (watch.Elapsed < Duration)
            work();
        double share = (CpuSeconds(host.Id) - before) / watch.Elapsed.TotalSeconds;
        output.WriteLine(FormattableString.Invariant($"{what,-34} daemon {share:P2} of a CPU, {share * 10_000:F0} us in 10 ms"));
    }

    /// <summary>From the update to a scrape that shows it, the scrape included.</summary>
    private void Tell(string what, Testbed testbed, Gauge<long> gauge)
    {
        List<double> ages = [];
        for (int round = 1; round <= 100; round++)
        {
            gauge.Record(round);
            Stopwatch watch = Stopwatch.StartNew();
            while (testbed.DpuMetrics().Sum("measured_value") != round)
                Thread.Sleep(1);
            if (round > 1)
                ages.Add(watch.Elapsed.TotalMilliseconds);
        }

        ages.Sort();
        output.WriteLine(FormattableString.Invariant($"{what}: median {ages[ages.Count / 2]:F0} ms, p90 {ages[ages.Count * 9 / 10]:F0} ms, most {ages[^1]:F0} ms"));
    }

    private static double CpuSeconds(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
    }
}
