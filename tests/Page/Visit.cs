using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace OppTel.Page.Tests;

/// <summary>One look at the page, which notes what it complains of and whom it asks.</summary>
public sealed class Visit : IAsyncDisposable
{
    /// <summary>Generous: the machine may be busy.</summary>
    private const float Patience = 60_000;

    private readonly ConcurrentQueue<string> complaints = new();
    private readonly ConcurrentQueue<string> refusals = new();
    private readonly ConcurrentQueue<Uri> requests = new();

    public Visit(IPage page)
    {
        Page = page;
        page.SetDefaultTimeout(Patience);
        page.Console += (_, message) =>
        {
            if (message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                refusals.Enqueue($"{message.Text} {message.Location}");
            else if (message.Type is "error" or "warning")
                complaints.Enqueue($"{message.Type}: {message.Text} {message.Location}");
        };
        page.PageError += (_, error) => complaints.Enqueue(error);
        page.Request += (_, request) => requests.Enqueue(new Uri(request.Url));
    }

    public IPage Page { get; }

    /// <summary>What the console and uncaught errors said.</summary>
    public IReadOnlyCollection<string> Complaints => complaints;

    /// <summary>What was asked for and not given, which the browser notes by itself.</summary>
    public IReadOnlyCollection<string> Refusals => refusals;

    /// <summary>Everything that was asked for.</summary>
    public IReadOnlyCollection<Uri> Requests => requests;

    /// <summary>Waits for a text that an element has to show.</summary>
    public Task Shows(string selector, string pattern) =>
        Assertions.Expect(Page.Locator(selector)).ToContainTextAsync(new Regex(pattern), new LocatorAssertionsToContainTextOptions { Timeout = Patience });

    public async Task<string> Text(string selector) => await Page.Locator(selector).First.TextContentAsync() ?? "";

    /// <summary>Waits until an element shows another text; the page's policy forbids the browser's own waiting, which evaluates text.</summary>
    public Task Changes(string selector, string from) =>
        Assertions.Expect(Page.Locator(selector)).Not.ToHaveTextAsync(from, new LocatorAssertionsToHaveTextOptions { Timeout = Patience });

    /// <summary>Waits until a canvas has at least so many colours, of more than a few pixels each, besides nothing.</summary>
    public Task Draws(string selector, int colours) =>
        Becomes(selector, counts => counts.Values.Count(pixels => pixels > 20) >= colours, $"{colours} colours");

    /// <summary>Waits until a canvas has pixels of a colour, as 0xRRGGBB.</summary>
    public Task Has(string selector, int colour) => Becomes(selector, counts => counts.ContainsKey(colour), $"any {colour:x6}");

    private async Task Becomes(string selector, Func<Dictionary<int, int>, bool> isWanted, string what)
    {
        Dictionary<int, int> last = [];
        for (DateTime end = DateTime.UtcNow.AddMilliseconds(Patience); DateTime.UtcNow < end; await Task.Delay(100))
        {
            last = await Colours(selector);
            if (isWanted(last))
                return;
        }

        Assert.Fail($"{selector} has not {what}, but {string.Join(", ", last.Select(entry => $"{entry.Value} of {entry.Key:x6}"))}");
    }

    /// <summary>Opaque pixels by their colour.</summary>
    private async Task<Dictionary<int, int>> Colours(string selector)
    {
        int[][] counts = await Page.Locator(selector).First.EvaluateAsync<int[][]>(
            """
            canvas => {
                const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
                copy.drawImage(canvas, 0, 0);
                const { data } = copy.getImageData(0, 0, canvas.width, canvas.height), counts = new Map();
                for (let at = 0; at < data.length; at += 4)
                    if (data[at + 3] > 200) {
                        const colour = (data[at] << 16) + (data[at + 1] << 8) + data[at + 2];
                        counts.set(colour, (counts.get(colour) ?? 0) + 1);
                    }
                return [...counts];
            }
            """);
        return counts.ToDictionary(entry => entry[0], entry => entry[1]);
    }

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}
