using Microsoft.Playwright;

namespace OppTel.Page.Tests;

/// <summary>From the last ten seconds down to what lies between two milliseconds, out of the recorder.</summary>
public class ZoomTests(Browser browser)
{
    private const string Plot = "#processes .u-over";

    [Fact]
    public async Task ADragFetchesFinerStepsAndDrawsThemAndADoubleClickGoesBack()
    {
        using Site site = await Site.Start();
        await using Visit visit = await Open(site);
        await visit.Shows("#time", "last 10 s, step 10 ms");
        await Drag(visit, 0.85, 0.93, "step=1ms");
        await visit.Shows("#time", "step 1 ms");
        await visit.Draws("#processes canvas", 4);
        await Drag(visit, 0.3, 0.35, "us&");
        await visit.Shows("#time", "step [0-9]+ µs");
        await visit.Draws("#processes canvas", 4);
        await visit.Page.Locator(Plot).DblClickAsync();
        await visit.Shows("#time", "step 1 ms");
        await visit.Page.Locator(Plot).DblClickAsync();
        await visit.Shows("#time", "last 10 s, step 10 ms");
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task AFingerSelectsAsTheMouseDoes()
    {
        using Site site = await Site.Start();
        await using Visit visit = await Open(site, width: 390);
        LocatorBoundingBoxResult box = await Box(visit);
        ICDPSession session = await visit.Page.Context.NewCDPSessionAsync(visit.Page);
        Task Touch(string type, double share) => session.SendAsync("Input.dispatchTouchEvent", new Dictionary<string, object>
        {
            ["type"] = type,
            ["touchPoints"] = type == "touchEnd" ? [] : (object[])[new { x = box.X + (share * box.Width), y = box.Y + 60 }],
        });
        await Touch("touchStart", 0.8);
        foreach (double share in (double[])[0.82, 0.85, 0.88, 0.9])
            await Touch("touchMove", share);
        await Touch("touchEnd", 0.9);
        await visit.Shows("#time", @"\+ .*step [12] ms");
        await visit.Draws("#processes canvas", 4);
    }

    [Fact]
    public async Task ThePointerTellsValuesOfItsMoment()
    {
        using Site site = await Site.Start();
        await using Visit visit = await Open(site);
        await visit.Page.Keyboard.PressAsync(" ");
        await visit.Shows("#processes .moment", "^mean$");
        await visit.Shows("#processes .legend", @"nginx 42 *0\.\d");
        LocatorBoundingBoxResult box = await Box(visit);
        await visit.Page.Mouse.MoveAsync(box.X + (box.Width * 0.9f), box.Y + 50);
        await visit.Shows("#processes .moment", @"^\d\d:\d\d:\d\d\.\d\d$");
        Assert.Equal(await visit.Text("#processes .moment"), await visit.Text("#cgroups .moment"));
    }

    [Fact]
    public async Task WhateverAProgramIsCalledIsText()
    {
        using Site site = await Site.Start();
        await using Visit visit = await Open(site);
        await Assertions.Expect(visit.Page.Locator("#processes .legend")).ToContainTextAsync($"{Site.Hostile} 43");
        Assert.Equal(0, await visit.Page.Locator("b#x").CountAsync());
    }

    [Fact]
    public async Task WordsFindASeriesAndTheAddressKeepsIt()
    {
        using Site site = await Site.Start();
        await using Visit visit = await Open(site);
        await visit.Page.Keyboard.PressAsync("/");
        await visit.Page.Keyboard.TypeAsync("cgroup cpu nginx");
        ILocator found = visit.Page.Locator("#results button");
        await Assertions.Expect(found.First).ToHaveTextAsync("opptel_cgroup_cpu_time_seconds_total{cgroup=\"/system.slice/nginx.service\",host=\"alpha\"}");
        await visit.Page.Keyboard.PressAsync("ArrowDown");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Shows("#explorer .legend", @"opptel_cgroup_cpu_time_seconds_total *0\.\d+ s/s");
        await visit.Draws("#explorer canvas", 3);
        Assert.Contains("nginx.service", Uri.UnescapeDataString(visit.Page.Url), StringComparison.Ordinal);
        await visit.Page.ReloadAsync();
        await visit.Shows("#explorer .legend", "opptel_cgroup_cpu_time_seconds_total");
    }

    [Fact]
    public async Task WithoutARecorderItSaysSoAndShowsTheRest()
    {
        using Site site = await Site.Start("recorder: { memory: 0MiB }\n");
        await using Visit visit = await browser.Open();
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#processes", "recorder.memory is 0");
        await visit.Shows("#explorer", "recorder.memory is 0");
        await visit.Shows("#hosts", "alpha *live");
        await visit.Draws("#throughput canvas", 3);
        Assert.Empty(visit.Complaints);
    }

    /// <summary>The page, once it shows processes.</summary>
    private async Task<Visit> Open(Site site, int width = 1440)
    {
        Visit visit = await browser.Open(width);
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#processes .legend", "nginx 42");
        await visit.Draws("#processes canvas", 4);
        return visit;
    }

    private static async Task<LocatorBoundingBoxResult> Box(Visit visit)
    {
        await visit.Page.Locator(Plot).ScrollIntoViewIfNeededAsync();
        return await visit.Page.Locator(Plot).BoundingBoxAsync() ?? throw new InvalidOperationException("the chart is not shown");
    }

    /// <summary>Drags across a part of the chart, and waits for the answer that it asks for.</summary>
    private static async Task Drag(Visit visit, double from, double to, string asked)
    {
        LocatorBoundingBoxResult box = await Box(visit);
        IResponse answer = await visit.Page.RunAndWaitForResponseAsync(
            async () =>
            {
                await visit.Page.Mouse.MoveAsync(box.X + (float)(box.Width * from), box.Y + 50);
                await visit.Page.Mouse.DownAsync();
                await visit.Page.Mouse.MoveAsync(box.X + (float)(box.Width * to), box.Y + 50, new MouseMoveOptions { Steps = 5 });
                await visit.Page.Mouse.UpAsync();
            },
            response => response.Url.Contains("/api/v1/top", StringComparison.Ordinal) && response.Url.Contains(asked, StringComparison.Ordinal));
        Assert.Equal(200, answer.Status);
    }
}
