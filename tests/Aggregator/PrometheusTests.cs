using System.Diagnostics;
using System.Text.Json;
using OppTel.Segment;
using OppTel.Sketches;
using OppTel.Telemetry;
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
        using PrometheusServer server = new(aggregator);
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

    [Fact]
    public async Task QuantilesOverTheNativeHistogramAgreeWithTheSketch()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        ExponentialHistogram sketch = SendAges(dataplane, out Dictionary<uint, double> ages);
        using PrometheusServer server = new(aggregator, features: "native-histograms,exemplar-storage");
        // A histogram_count of a series that is no native histogram has no value.
        await server.Eventually("histogram_count(opptel_record_age_seconds)", count => count == sketch.Count);
        Assert.Equal(sketch.Sum, await server.Query("histogram_sum(opptel_record_age_seconds)"), sketch.Sum * 1e-9);
        double width = Math.Pow(2, Math.ScaleB(1, -sketch.Scale));
        foreach (double share in (double[])[0.1, 0.5, 0.9, 0.99])
        {
            double theirs = await server.Query($"histogram_quantile({share}, opptel_record_age_seconds)"), ours = sketch.Quantile(share);
            // Both lie within a bucket; as ranks are counted otherwise there, it can be the next one.
            Assert.InRange(theirs, ours / width / width, ours * width * width);
        }

        await AssertExemplars(server, "opptel_record_age_seconds", ages);
    }

    [Fact]
    public async Task WithoutNativeHistogramsThereAreBucketsWithExemplars()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        ExponentialHistogram sketch = SendAges(dataplane, out Dictionary<uint, double> ages);
        using PrometheusServer server = new(aggregator);
        await server.Eventually("opptel_record_age_seconds_count", count => count == sketch.Count);
        foreach (double share in (double[])[0.1, 0.5, 0.9])
        {
            double theirs = await server.Query($"histogram_quantile({share}, opptel_record_age_seconds_bucket)"), ours = sketch.Quantile(share);
            Assert.InRange(theirs, ours / 2.5, ours * 2.5);
        }

        await AssertExemplars(server, "opptel_record_age_seconds_bucket", ages);
    }

    /// <summary>With the snippet that the README shows.</summary>
    [Fact]
    public async Task ItScrapesOverTlsWithAPassword()
    {
        using AggregatorProcess aggregator = new();
        string password = AccessTests.WritePassword(aggregator, "correct horse battery\n");
        Certificates.Create(aggregator.Directory, "aggregator.example");
        File.AppendAllText(aggregator.ConfigurationPath, Certificates.Configuration(aggregator.Directory));
        aggregator.Start();
        string snippet = ReadmeSnippet()
            .Replace("/etc/prometheus/opptel-password", password, StringComparison.Ordinal)
            .Replace("/etc/prometheus/opptel-ca.pem", Path.Combine(aggregator.Directory, "certificate.pem"), StringComparison.Ordinal)
            .Replace("dpu.example:9435", "127.0.0.1:9435", StringComparison.Ordinal);
        using PrometheusServer server = new(aggregator, _ => snippet, "native-histograms");
        await server.Eventually("up", up => up == 1);
        Assert.Equal(0, await server.Query("opptel_dataplane_up"));
    }

    /// <summary>The first YAML block of the README that configures a scrape.</summary>
    private static string ReadmeSnippet()
    {
        string[] blocks = File.ReadAllText(Path.Combine(StartTests.Checkout, "README.md")).Split("```yaml\n");
        return blocks.Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)])
            .First(block => block.Contains("scrape_configs:", StringComparison.Ordinal));
    }

    /// <summary>Sends one trailer for each of many ages, from 10 us to half a second.</summary>
    private static ExponentialHistogram SendAges(TestDataplane dataplane, out Dictionary<uint, double> ages)
    {
        const int Trailers = 400;
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(9, [TestHost.Metric(1, "m", Kind.Gauge)], TestHost.Block(1, [1]))));
        ExponentialHistogram sketch = RecordAges.NewHistogram();
        ages = [];
        for (uint sequence = 1; sequence <= Trailers; sequence++)
        {
            ulong age = (ulong)(10_000 * Math.Pow(50_000, sequence / (double)Trailers));
            ulong now = Boottime.Now;
            dataplane.Trailer(host.Trailer(3, 9, now, new ValueRecord(1, sequence)), now + age);
            sketch.Record(age / 1e9);
            ages.Add(sequence, age / 1e9);
        }

        return sketch;
    }

    private static async Task AssertExemplars(PrometheusServer server, string query, Dictionary<uint, double> ages)
    {
        IReadOnlyList<JsonElement> exemplars = [];
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(60) && exemplars.Count == 0; await Task.Delay(100))
            exemplars = await server.Exemplars(query);
        Assert.NotEmpty(exemplars);
        foreach (JsonElement exemplar in exemplars)
        {
            JsonElement labels = exemplar.GetProperty("labels");
            Assert.Equal("3", labels.GetProperty("stream").GetString());
            uint sequence = uint.Parse(labels.GetProperty("seq").GetString()!);
            Assert.Equal(ages[sequence], double.Parse(exemplar.GetProperty("value").GetString()!), 1e-12);
        }
    }
}
