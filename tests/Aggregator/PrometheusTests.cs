using System.Diagnostics;
using System.Text.Json;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Debian's Prometheus server scrapes the real program with the sample configuration.</summary>
public class PrometheusTests
{
    [Fact]
    public async Task ARealServerScrapesAndComputesTheRate()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(
            9, [TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter, scale: 1e-9)], TestHost.Block(100, [1], ("pid", "42")))));
        using Server server = new(aggregator);
        ulong start = Boottime.Now;
        double rate = 0;
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(30) && rate is not (> 0.24 and < 0.26); await Task.Delay(20))
        {
            ulong now = Boottime.Now;
            dataplane.Trailer(host.Trailer(0, 9, now, new ValueRecord(100, (now - start) / 4)));
            rate = await server.Query("""irate(process_cpu_time_seconds_total{host="alpha",pid="42"}[5s])""");
        }

        Assert.InRange(rate, 0.24, 0.26);
        Assert.Equal(1, await server.Query("up"));
        Assert.Equal(0, await server.Query("sum(opptel_stream_trailers_lost_total)"));
    }

    private sealed class Server : IDisposable
    {
        private readonly Process process;
        private readonly HttpClient client;

        public Server(AggregatorProcess aggregator)
        {
            string configuration = Path.Combine(aggregator.Directory, "prometheus.yml");
            File.WriteAllText(configuration, File.ReadAllText(Path.Combine(StartTests.Checkout, "config", "prometheus.yml"))
                .Replace("127.0.0.1:9435", $"127.0.0.1:{aggregator.Port}", StringComparison.Ordinal)
                .Replace("15s", "250ms", StringComparison.Ordinal));
            int port = AggregatorProcess.FreePort();
            process = Process.Start(new ProcessStartInfo("prometheus",
            [
                $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(aggregator.Directory, "tsdb")}", $"--web.listen-address=127.0.0.1:{port}",
                "--log.level=error",
            ])
            { RedirectStandardError = true })!;
            client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        }

        /// <summary>The one value of a query; NaN when there is none or the server is not up yet.</summary>
        public async Task<double> Query(string query)
        {
            try
            {
                string text = await client.GetStringAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative));
                JsonElement result = JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("result");
                return result.GetArrayLength() == 1 ? double.Parse(result[0].GetProperty("value")[1].GetString()!) : double.NaN;
            }
            catch (HttpRequestException)
            {
                Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : "");
                return double.NaN;
            }
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
