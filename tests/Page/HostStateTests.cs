using System.Net;
using System.Text.Json;
using OppTel.Aggregator.Tests;

namespace OppTel.Page.Tests;

/// <summary>What <c>/api/v1/summary</c> tells of hosts.</summary>
public class HostStateTests
{
    [Fact]
    public async Task APortThatNothingCameFromIsAHostUnheard()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        dataplane.Segment.Port(0).LeaseMilliseconds = 300;
        await aggregator.Start().Ready();
        await aggregator.Eventually("/api/v1/summary", (_, text) => text.Contains("\"hosts\":[{", StringComparison.Ordinal));
        JsonElement host = Assert.Single((await aggregator.Summary()).GetProperty("hosts").EnumerateArray());
        Assert.Equal(("port:host0", "unheard"), (host.GetProperty("name").GetString(), host.GetProperty("state").GetString()));
        Assert.Equal("host0", Assert.Single(host.GetProperty("ports").EnumerateArray()).GetString());
        Assert.Equal(JsonValueKind.Null, host.GetProperty("silent_seconds").ValueKind);
        dataplane.Die();
        await aggregator.Eventually("/api/v1/summary", (_, text) => text.Contains("\"state\":\"unknown\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AHostHasItsPortItsLeaseAndWhatCameOfIt()
    {
        using Site site = await Site.Start();
        await site.Aggregator.Eventually(
            "/api/v1/summary", (status, text) => status == HttpStatusCode.OK && text.Contains("\"name\":\"alpha\"", StringComparison.Ordinal)
                && text.Contains("\"state\":\"live\"", StringComparison.Ordinal));
        await Task.Delay(500);
        JsonElement host = Assert.Single((await site.Aggregator.Summary()).GetProperty("hosts").EnumerateArray());
        Assert.Equal("host0", Assert.Single(host.GetProperty("ports").EnumerateArray()).GetString());
        Assert.Equal(0.3, host.GetProperty("lease_seconds").GetDouble());
        Assert.Equal((9, 1, 0), (host.GetProperty("epoch").GetInt32(), host.GetProperty("streams").GetInt32(), host.GetProperty("lost").GetInt32()));
        long trailers = host.GetProperty("trailers").GetInt64(), records = host.GetProperty("records").GetInt64();
        // One trailer may come between the two counts.
        Assert.InRange(records, 5 * (trailers - 1), 5 * (trailers + 1));
        Assert.InRange(host.GetProperty("carriers").GetInt64(), 1, host.GetProperty("packets").GetInt64());
    }
}
