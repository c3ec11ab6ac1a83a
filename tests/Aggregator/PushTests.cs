using System.Diagnostics;
using System.Text.Json;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>The real program pushes what it shows: to Debian's Prometheus and VictoriaMetrics, which scrapes it as well.</summary>
public sealed class PushTests : IDisposable
{
    private const string Query = """process_cpu_time_seconds_total{host="alpha",pid="42"}""";

    private readonly string folder = Directory.CreateTempSubdirectory("opptel-agg-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task WhatIsPushedIsWhatIsScraped()
    {
        int prometheusPort = AggregatorProcess.FreePort(), victoriaPort = AggregatorProcess.FreePort();
        using AggregatorProcess aggregator = new($$"""
            remote_write:
              - {url: 'http://127.0.0.1:{{prometheusPort}}/api/v1/write', interval: 1s, retry: 100ms}
              - {url: 'http://127.0.0.1:{{victoriaPort}}/api/v1/write', interval: 1s, retry: 100ms, labels: {job: pushed} }
            """);
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(
            9, [TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter, scale: 1e-9)], TestHost.Block(100, [1], ("pid", "42")))));
        dataplane.Trailer(host.Trailer(0, 9, Boottime.Now, new ValueRecord(100, 12_500_000_000)));
        using Server prometheus = StartPrometheus(prometheusPort), victoria = StartVictoria(victoriaPort, aggregator.Port);
        double[] once = [12.5], twice = [12.5, 12.5];
        Assert.Equal(once, await prometheus.Eventually(Query, 1));
        Assert.Equal(twice, await victoria.Eventually(Query, 2));
        Assert.Equal(once, await victoria.Eventually(Query.Replace("}", ",job=\"pushed\"}", StringComparison.Ordinal), 1));
        string page = await aggregator.Eventually("/metrics", (_, text) => Value(text, "opptel_export_points_sent_total", victoriaPort) > 0);
        PromTool.AssertClean(page);
        Assert.Equal(0, Value(page, "opptel_export_points_refused_total", prometheusPort));
        Assert.Equal(0, Value(page, "opptel_export_points_dropped_total", prometheusPort));
        Assert.InRange(Value(page, "opptel_export_last_success_age_seconds", prometheusPort), 0, 30);
        // That a server is not there yet is said once, if it is so, and that it is there, once.
        string[] words = [.. aggregator.Log.Split('\n').Where(line => line.Contains($"remote_write to http://127.0.0.1:{prometheusPort}", StringComparison.Ordinal))];
        Assert.InRange(words.Length, 1, 2);
        Assert.EndsWith(": works", words[^1].TrimEnd(), StringComparison.Ordinal);
        (int code, TimeSpan time) = aggregator.Terminate();
        Assert.Equal(0, code);
        Assert.True(time < TimeSpan.FromSeconds(5), $"{time}");
    }

    private static double Value(string page, string name, int port) => page.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains($":{port}/", StringComparison.Ordinal))
        .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..])).DefaultIfEmpty(double.NaN).Single();

    private Server StartPrometheus(int port)
    {
        string configuration = Path.Combine(folder, "prometheus.yml");
        File.WriteAllText(configuration, "global: {}\n");
        return new Server(port, "prometheus",
            [$"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(folder, "tsdb")}", $"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver", "--log.level=error"]);
    }

    private Server StartVictoria(int port, int aggregator)
    {
        string configuration = Path.Combine(folder, "scrape.yml");
        File.WriteAllText(configuration, $"scrape_configs: [{{job_name: scraped, scrape_interval: 1s, static_configs: [{{targets: ['127.0.0.1:{aggregator}']}}]}}]\n");
        return new Server(port, "victoria-metrics",
            [$"-storageDataPath={Path.Combine(folder, "data")}", $"-httpListenAddr=127.0.0.1:{port}", $"-promscrape.config={configuration}", "-loggerLevel=ERROR", "-search.latencyOffset=0s", "-search.disableCache"]);
    }

    private sealed class Server : IDisposable
    {
        private readonly Process process;
        private readonly HttpClient client;

        public Server(int port, string program, string[] arguments)
        {
            process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        }

        /// <summary>The values of all series of a query, once there are so many; else what there was last.</summary>
        public async Task<double[]> Eventually(string query, int series)
        {
            double[] last = [];
            for (Stopwatch watch = Stopwatch.StartNew(); last.Length < series && watch.Elapsed < TimeSpan.FromSeconds(40); await Task.Delay(100))
            {
                try
                {
                    string text = await client.GetStringAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative));
                    last = [.. JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Select(entry => double.Parse(entry.GetProperty("value")[1].GetString()!))];
                }
                catch (HttpRequestException)
                {
                    Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : "");
                }
            }

            return last;
        }

        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
            client.Dispose();
        }
    }
}
