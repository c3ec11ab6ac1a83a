using System.Globalization;
using Microsoft.Playwright;

namespace OppTel.Page.Tests;

/// <summary>The page in a real browser, served by the real aggregator.</summary>
public class PageTests(Browser browser)
{
    [Fact]
    public async Task ItLoadsDrawsUpdatesAndAsksNobodyElse()
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open();
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#status", "^live$");
        await visit.Shows("#hosts", "alpha *live");
        await visit.Shows("#records", "[1-9]");
        // Axes, grid, and at least the line of packets.
        await visit.Draws("#throughput canvas", 3);
        await visit.Draws("#age-chart canvas", 3);
        await visit.Changes("#missing", await visit.Text("#missing"));
        Assert.NotEmpty(visit.Requests);
        Assert.All(visit.Requests, request => Assert.Equal(new Uri(site.Address).Authority, request.Authority));
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task AHostThatFallsSilentIsSoonUnreachable()
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open();
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#hosts", "alpha *live *300 ms");
        await site.Silence();
        await visit.Shows("#hosts", "alpha *silent for");
        await visit.Shows("#hosts", "alpha *unreachable for 1[0-9]");
        await Assertions.Expect(visit.Page.Locator("#hosts .state")).ToHaveCSSAsync("color", "rgb(179, 38, 30)");
        site.Dataplane.Die();
        await visit.Shows("#status", "the dataplane is silent");
        await visit.Shows("#hosts", "unknown: no dataplane");
    }

    [Theory]
    [InlineData("top", 404, "", "#processes", "does not serve")]
    [InlineData("top", 400, """{"error": "the recorder is switched off"}""", "#cgroups", "the recorder is switched off")]
    [InlineData("distributions", 503, "", "#distributions", "Nothing to show")]
    [InlineData("activity", 404, "", "#throughput", "does not serve")]
    [InlineData("anomalies", 500, "", "#anomalies", "Nothing to show")]
    public async Task WhatIsNotThereIsSaidInItsPlaceAndTheRestWorks(string endpoint, int status, string body, string section, string words)
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open();
        await visit.Page.RouteAsync(
            $"**/api/v1/{endpoint}*", route => route.FulfillAsync(new RouteFulfillOptions { Status = status, Body = body }));
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows(section, words);
        await visit.Shows("#status", "^live$");
        await visit.Shows("#hosts", "alpha *live");
        Assert.Contains(visit.Refusals, refusal => refusal.Contains($"/api/v1/{endpoint}", StringComparison.Ordinal));
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task WithoutAnAnswerItSaysSinceWhenAndGoesOnAsSoonAsThereIsOne()
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open();
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#status", "^live$");
        site.Aggregator.Kill();
        await visit.Shows("#status", @"^no answer since \d\d:\d\d:\d\d$");
        site.Aggregator.Start();
        await visit.Shows("#status", "^live$");
    }

    [Fact]
    public async Task ItDoesNotAskWhileNobodyLooks()
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open();
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#status", "^live$");
        await visit.Page.EvaluateAsync("Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))");
        int asked = visit.Requests.Count;
        await Task.Delay(3000);
        Assert.Equal(asked, visit.Requests.Count);
        await visit.Page.EvaluateAsync("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
        await visit.Page.WaitForRequestAsync("**/api/v1/summary");
    }

    [Fact]
    public async Task TheAddressSaysWhatIsLookedAt()
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open();
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string start = Seconds(now - 5), end = Seconds(now - 4);
        Task<IRequest> asked = visit.Page.WaitForRequestAsync(request => request.Url.Contains("/api/v1/range", StringComparison.Ordinal));
        await visit.Page.GotoAsync($"{site.Address}#start={start}&end={end}&host=alpha&metric=opptel_runqueue_length%7Bcpu%3D%220%22%7D");
        string url = Uri.UnescapeDataString((await asked).Url);
        foreach (string part in (string[])["name=opptel_runqueue_length", "host=alpha", "label.cpu=0", $"start={start}", $"end={end}", "step=1ms"])
            Assert.Contains(part, url, StringComparison.Ordinal);
        await visit.Shows("#pause", "Live");
        await visit.Page.Keyboard.PressAsync("+");
        Assert.Contains($"start={Seconds(now - 4.75)}", visit.Page.Url, StringComparison.Ordinal);
        await visit.Page.Keyboard.PressAsync(" ");
        await visit.Shows("#pause", "Pause");
        Assert.DoesNotContain("start=", visit.Page.Url, StringComparison.Ordinal);
        Assert.Contains("host=alpha", visit.Page.Url, StringComparison.Ordinal);
    }

    private static string Seconds(double time) => time.ToString("F6", CultureInfo.InvariantCulture);
}
