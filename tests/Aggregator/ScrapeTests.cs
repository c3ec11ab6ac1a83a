using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>What the real program answers to a scrape.</summary>
public class ScrapeTests
{
    private const string Protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    [Fact]
    public async Task EachFormatIsAnsweredWithItsTypePlainAndCompressed()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(9, [TestHost.Metric(1, "shop_orders_total", Kind.Counter)], TestHost.Block(100, [1], ("country", "it")))));
        dataplane.Trailer(host.Trailer(0, 9, Boottime.Now, new ValueRecord(100, 42)));
        PromTool.AssertClean(await aggregator.MetricsWith("shop_orders_total{country=\"it\",host=\"alpha\"} 42\n"));
        foreach ((string accept, string type, string words) in ((string, string, string)[])[
            ("*/*", "text/plain; version=0.0.4; charset=utf-8", "shop_orders_total{country=\"it\",host=\"alpha\"} 42\n"),
            ("application/openmetrics-text;version=1.0.0,*/*;q=0.1", "application/openmetrics-text; version=1.0.0; charset=utf-8", "\n# EOF\n"),
            // The value 42 as a double, behind the last label.
            (Protobuf, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited", "alpha\x1a\t\t\0\0\0\0\0\0E@")])
        {
            (HttpContentHeaders plainHeaders, byte[] plain) = await Get(aggregator, accept, "identity");
            (HttpContentHeaders packedHeaders, byte[] packed) = await Get(aggregator, accept, "gzip");
            Assert.Equal((type, type), ($"{plainHeaders.ContentType}", $"{packedHeaders.ContentType}"));
            Assert.Empty(plainHeaders.ContentEncoding);
            Assert.Equal(["gzip"], packedHeaders.ContentEncoding);
            Assert.True(packed.Length < plain.Length / 2);
            foreach (byte[] page in (byte[][])[plain, Unpack(packed)])
                Assert.Contains(words, Encoding.Latin1.GetString(page), StringComparison.Ordinal);
        }
    }

    private static async Task<(HttpContentHeaders Headers, byte[] Page)> Get(AggregatorProcess aggregator, string accept, string coding)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://127.0.0.1:{aggregator.Port}/metrics");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", coding);
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal(["Accept", "Accept-Encoding"], response.Headers.Vary);
        return (response.Content.Headers, await response.Content.ReadAsByteArrayAsync());
    }

    private static byte[] Unpack(byte[] packed)
    {
        using GZipStream stream = new(new MemoryStream(packed), CompressionMode.Decompress);
        using MemoryStream page = new();
        stream.CopyTo(page);
        return page.ToArray();
    }
}
