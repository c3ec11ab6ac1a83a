using System.Net;
using System.Text.Json;
using OppTel.Catalog;
using OppTel.Segment;
using OppTel.Wire;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Windows and distributions over HTTP, from the real program.</summary>
public class WindowApiTests
{
    private static readonly Metric[] Metrics =
        [TestHost.Metric(1, "opptel_runqueue_length", Kind.Gauge, Encoding.Signed), TestHost.Metric(2, "a_total", Kind.Counter)];

    [Fact]
    public async Task ScrapesAndRequestsTellDistributionsAndWindows()
    {
        using AggregatorProcess aggregator = new("max_series_per_metric: 2\n");
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(
            9, Metrics, TestHost.Block(100, [1], ("cpu", "0")), TestHost.Block(200, [2], ("pid", "1")), TestHost.Block(201, [2], ("pid", "2")), TestHost.Block(202, [2], ("pid", "3")))));
        ulong sent = 0;
        // Until a window of ten seconds has ended would take too long for a test: one second will do.
        string page = await aggregator.Eventually("/metrics", (_, text) =>
        {
            ulong now = Boottime.Now;
            for (int trailer = 0; trailer < 4; trailer++, sent++)
                dataplane.Trailer(host.Trailer(0, 9, now++, new ValueRecord(100, (sent % 4) + 1), new ValueRecord(200, sent), new ValueRecord(202, sent * 2)));
            return text.Contains("opptel_runqueue_length_distribution_count", StringComparison.Ordinal);
        });
        PromTool.AssertClean(page);
        Assert.Contains("""a_total{host="alpha",overflow="true"} """, page, StringComparison.Ordinal);
        Assert.Contains("opptel_aggregator_series_folded 1\n", page, StringComparison.Ordinal);
        Assert.Contains("opptel_aggregator_distributions 1\n", page, StringComparison.Ordinal);

        page = await aggregator.MetricsWith("opptel_distinct_entities{host=\"alpha\",entity=\"series\",window=\"all\"} 3\n");
        PromTool.AssertClean(page);

        JsonElement window = await One(aggregator, "/api/v1/distributions?name=opptel_run*&window=1s&count=5&label.cpu=0", "windows");
        Assert.True(window.GetProperty("windows")[0].GetProperty("count").GetInt64() > 0);
        Assert.InRange(window.GetProperty("windows")[0].GetProperty("end").GetDouble(), Unix - 20, Unix);
        JsonElement all = (await One(aggregator, "/api/v1/distributions?window=all&host=alpha", "windows")).GetProperty("windows")[0];
        Assert.Equal((1, 4, 5), (all.GetProperty("min").GetDouble(), all.GetProperty("max").GetDouble(), all.GetProperty("scale").GetInt32()));
        Assert.Equal(-1, all.GetProperty("positive").GetProperty("offset").GetInt32());
        JsonElement series = await One(aggregator, "/api/v1/windows?window=60s&name=a_total&label.pid=1", "labels");
        Assert.Equal(("counter", "live"), (series.GetProperty("kind").GetString(), series.GetProperty("state").GetString()));
    }

    [Theory]
    [InlineData("/api/v1/windows?window=all", "window=all is not one of 1s, 10s, 60s")]
    [InlineData("/api/v1/distributions?window=5s", "window=5s is not one of 1s, 10s, 60s, all")]
    [InlineData("/api/v1/distributions?limit=0", "limit=0 is not a whole number from 1 to 10000")]
    [InlineData("/api/v1/distributions?count=-1", "count=-1 is not a whole number from 1 to 3600")]
    public async Task ARequestThatCannotBeAnsweredSaysWhatWouldBeRight(string path, string message)
    {
        using AggregatorProcess aggregator = new();
        await aggregator.Start().Eventually("/healthz", (status, _) => status == HttpStatusCode.OK);
        (HttpStatusCode status, string text) = await aggregator.Get(path);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(message, JsonDocument.Parse(text).RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public void ConfigurationsThatCannotBeAreRefused()
    {
        using TestDirectory directory = new();
        string file = directory.File("aggregator.yaml");
        File.WriteAllText(file, "distributions: ['a b', 'x*']\ndistribution_memory: 1KiB\nmax_series_per_metric: 0\n");
        (int code, _, string error) = AggregatorProcess.Run("check-config", "--config", file);
        Assert.Equal(78, code);
        Assert.Contains("distributions: 'a b' is not the name of a metric", error, StringComparison.Ordinal);
        Assert.Contains("distribution_memory: '1KiB' is not a size from 1MiB", error, StringComparison.Ordinal);
        Assert.Contains("max_series_per_metric: '0'", error, StringComparison.Ordinal);
    }

    private static double Unix => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3;

    private static async Task<JsonElement> One(AggregatorProcess aggregator, string path, string with)
    {
        string text = await aggregator.Eventually(path, (_, text) => text.Contains($"\"{with}\":", StringComparison.Ordinal));
        return Assert.Single(JsonDocument.Parse(text).RootElement.GetProperty("series").EnumerateArray());
    }
}
