using Microsoft.Playwright;

namespace OppTel.Page.Tests;

/// <summary>What the aggregator finds unusual, on the page.</summary>
public class AnomalyTests(Browser browser)
{
    [Fact]
    public async Task AStepInTheLoadIsMarkedOnTheChartsWithTheMetricsThatSaySo()
    {
        using Site site = await Site.Start("anomalies: { warm_up: 5s, step: 20ms }\n");
        await using Visit visit = await browser.Open();
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#processes .legend", "nginx 42");
        await site.Aggregator.Eventually("/api/v1/anomalies", (_, text) => text.Contains("\"warm\":true", StringComparison.Ordinal));
        site.Load = 5;
        await visit.Shows("#anomalies .scroll tbody", @"alpha[\s\S]*\d+ % opptel_(runqueue_length|cgroup_cpu_time)[\s\S]*expected");
        await visit.Page.Keyboard.PressAsync(" ");
        await visit.Has("#processes canvas", 0xb3261e);
        await visit.Has("#throughput canvas", 0xb3261e);
        string tip = await Sweep(visit, "#processes");
        Assert.Matches(@"^Anomaly: alpha", tip);
        Assert.Matches(@"\d+ % opptel_", tip);
        await visit.Page.Locator("#anomalies .scroll tbody button").First.ClickAsync();
        await visit.Shows("#time", @"^\d\d:\d\d:\d\d.*\+ .*step");
        await visit.Has("#processes canvas", 0xb3261e);
        Assert.Empty(visit.Complaints);
    }

    /// <summary>Moves the pointer over a chart until it tells of an anomaly.</summary>
    private static async Task<string> Sweep(Visit visit, string section)
    {
        ILocator plot = visit.Page.Locator($"{section} .u-over"), tip = visit.Page.Locator($"{section} .tip");
        await plot.ScrollIntoViewIfNeededAsync();
        LocatorBoundingBoxResult box = await plot.BoundingBoxAsync() ?? throw new InvalidOperationException("the chart is not shown");
        for (float share = 0.99f; share > 0; share -= 0.01f)
        {
            await visit.Page.Mouse.MoveAsync(box.X + (box.Width * share), box.Y + 40);
            if (await tip.IsVisibleAsync())
                return await tip.TextContentAsync() ?? "";
        }

        Assert.Fail("no place of the chart tells of an anomaly");
        return "";
    }
}
