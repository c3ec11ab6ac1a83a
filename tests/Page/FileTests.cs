using System.Net;
using System.Net.Http.Headers;
using OppTel.Aggregator.Tests;

namespace OppTel.Page.Tests;

/// <summary>How the page's files are served.</summary>
public class FileTests
{
    public static TheoryData<string, string> Files => new()
    {
        { "", "text/html" }, { "page.js", "text/javascript" }, { "page.css", "text/css" }, { "icon.svg", "image/svg+xml" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task TheyAreCompressedKeptAndAllowNothingFromElsewhere(string path, string type)
    {
        using AggregatorProcess aggregator = new();
        aggregator.Start();
        await aggregator.Eventually("/healthz", (status, _) => status == HttpStatusCode.OK);
        Uri address = new($"http://127.0.0.1:{aggregator.Port}/{path}");
        using HttpClient plain = new();
        using HttpClient unpacking = new(new HttpClientHandler { AutomaticDecompression = DecompressionMethods.GZip });
        using HttpResponseMessage whole = await plain.GetAsync(address);
        using HttpResponseMessage compressed = await unpacking.GetAsync(address);
        Assert.Equal((HttpStatusCode.OK, type), (whole.StatusCode, whole.Content.Headers.ContentType?.MediaType));
        Assert.Equal(await whole.Content.ReadAsStringAsync(), await compressed.Content.ReadAsStringAsync());
        Assert.StartsWith("default-src 'self';", Assert.Single(whole.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(whole.Headers.GetValues("X-Content-Type-Options")));
        EntityTagHeaderValue tag = Assert.IsType<EntityTagHeaderValue>(whole.Headers.ETag);
        using HttpRequestMessage again = new(HttpMethod.Get, address);
        again.Headers.IfNoneMatch.Add(tag);
        using HttpResponseMessage unchanged = await plain.SendAsync(again);
        Assert.Equal((HttpStatusCode.NotModified, ""), (unchanged.StatusCode, await unchanged.Content.ReadAsStringAsync()));
        using HttpResponseMessage head = await plain.SendAsync(new HttpRequestMessage(HttpMethod.Head, address));
        Assert.Equal(whole.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task TheLastMinutesAreThereByTheSecond()
    {
        using Site site = await Site.Start();
        string all = await site.Aggregator.Eventually("/api/v1/activity", (_, text) => text.Split("\"times\":[")[^1].Split(']')[0].Split(',').Length >= 3);
        string[] times = all.Split("\"times\":[")[1].Split(']')[0].Split(',');
        string later = (await site.Aggregator.Get($"/api/v1/activity?start={times[1]}")).Text;
        Assert.StartsWith($$"""{"times":[{{times[2]}}""", later, StringComparison.Ordinal);
        (HttpStatusCode status, string error) = await site.Aggregator.Get("/api/v1/activity?start=yesterday");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("is not a time", error, StringComparison.Ordinal);
    }
}
