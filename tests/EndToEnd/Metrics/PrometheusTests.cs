using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>Debian's Prometheus takes what the programs serve.</summary>
public sealed class PrometheusTests : IDisposable
{
    private readonly Testbed testbed = new();
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(10) };

    public PrometheusTests() => testbed.StartAll();

    public void Dispose()
    {
        client.Dispose();
        testbed.Dispose();
    }

    [Fact]
    public void EveryPagePassesPromtoolWithoutAWord()
    {
        foreach (Exposition page in new[] { testbed.DpuMetrics(), testbed.HostMetrics() })
        {
            CommandResult result = Command.Run(new ProcessStartInfo("promtool", ["check", "metrics"]), page.Text);
            result.Expect();
            Assert.True(result.Output.Length + result.Errors.Length == 0, $"{result.Output}{result.Errors}\n{page.Text}");
        }
    }

    [Fact]
    public void AServerScrapesAndAnswers()
    {
        File.WriteAllText(testbed["prometheus.yml"], """
            global: { scrape_interval: 1s, scrape_timeout: 1s }
            scrape_configs:
              - job_name: opptel
                static_configs: [{ targets: ["127.0.0.1:9435"] }]
            """);
        _ = testbed.Start("dpu", "prometheus", $"--config.file={testbed["prometheus.yml"]}", $"--storage.tsdb.path={testbed["tsdb"]}", "--web.listen-address=0.0.0.0:9090");
        testbed.WaitFor("a scrape", () => Ask("up{job=\"opptel\"}") == 1);
        testbed.WaitFor("rates", () => Ask("sum(rate(process_cpu_time_seconds_total[5s]))") > 0);
        testbed.WaitFor("carriers", () => Ask("sum(rate(opptel_dataplane_carriers_total[5s]))") > 0);
        testbed.WaitFor("ages", () => Ask("histogram_quantile(0.99, sum by (le) (rate(opptel_record_age_seconds_bucket[5s])))") is > 0 and < 10);
        testbed.WaitFor("waits", () => Ask("histogram_quantile(0.99, sum by (le) (rate(opptel_runqueue_wait_seconds_bucket{host=\"testbed\"}[5s])))") is > 0 and < 10);
        Assert.Equal(0, Ask("sum(opptel_stream_trailers_lost_total)"));
        Assert.Equal(1, Ask("count(count by (host) (process_cpu_time_seconds_total{host=\"testbed\"}))"));
        Assert.Equal(0, Ask("sum(scrape_samples_scraped) - sum(scrape_samples_post_metric_relabeling)"));
    }

    /// <summary>The value of a query with one result; NaN when it has none.</summary>
    private double Ask(string query)
    {
        Uri uri = new($"http://{testbed.Address}:9090/api/v1/query?query={Uri.EscapeDataString(query)}");
        using JsonDocument answer = JsonDocument.Parse(client.GetStringAsync(uri).GetAwaiter().GetResult());
        JsonElement result = answer.RootElement.GetProperty("data").GetProperty("result");
        return result.GetArrayLength() == 0
            ? double.NaN
            : double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
    }
}
