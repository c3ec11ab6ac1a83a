using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(OppTel.Page.Tests.Browser))]

namespace OppTel.Page.Tests;

/// <summary>Debian's Chromium without a window, started once for all tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";

    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? playwright;
    private IBrowser? browser;

    public async ValueTask InitializeAsync()
    {
        Assert.True(File.Exists(Program), $"{Program} is not installed; scripts/test installs it");
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Program, Args = Arguments });
    }

    /// <summary>A tab with nothing remembered from others.</summary>
    /// <param name="width">CSS pixels.</param>
    /// <param name="scheme">Light or dark.</param>
    public async Task<Visit> Open(int width = 1440, ColorScheme scheme = ColorScheme.Light)
    {
        IPage page = await browser!.NewPageAsync(new BrowserNewPageOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = scheme,
            HasTouch = width < 600,
        });
        return new Visit(page);
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
    }
}
