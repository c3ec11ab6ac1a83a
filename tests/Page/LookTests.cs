using Microsoft.Playwright;

namespace OppTel.Page.Tests;

/// <summary>Whether everybody can read and use it.</summary>
public class LookTests(Browser browser)
{
    /// <summary>The least contrast of any text that is shown, with the text; by the WCAG's formula.</summary>
    private const string LeastContrast =
        """
        () => {
            const parse = text => text.match(/[\d.]+/g).map(Number);
            const light = ([red, green, blue]) => [red, green, blue].map(part => part / 255)
                .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
                .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
            const ground = element => {
                for (let at = element; at; at = at.parentElement) {
                    const colour = parse(getComputedStyle(at).backgroundColor);
                    if (colour.length === 3 || colour[3] === 1) return colour;
                }
                return [255, 255, 255];
            };
            let least = { contrast: 99, text: "" };
            for (const element of document.querySelectorAll("body *")) {
                const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim() !== "");
                if (!own || element.disabled || element.offsetParent === null) continue;
                const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
                const contrast = (a + 0.05) / (b + 0.05);
                if (contrast < least.contrast) least = { contrast, text: `${element.tagName} ${element.textContent}` };
            }
            return `${least.contrast.toFixed(2)} ${least.text}`;
        }
        """;

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task TextIsReadableInLightAndDark(ColorScheme scheme)
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open(scheme: scheme);
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#hosts", "alpha *live");
        await visit.Shows("#throughput", "packets");
        string background = await visit.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Assert.Equal(scheme == ColorScheme.Dark ? "rgb(17, 22, 28)" : "rgb(255, 255, 255)", background);
        string least = await visit.Page.EvaluateAsync<string>(LeastContrast);
        Assert.True(double.Parse(least.Split(' ')[0]) >= 4.5, least);
    }

    [Fact]
    public async Task APhoneShowsAllOfItWithoutScrollingSideways()
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open(width: 360);
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#hosts", "alpha");
        await visit.Shows("#throughput", "packets");
        Assert.InRange(await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 300, 360);
        string small = await visit.Page.EvaluateAsync<string>(
            "[...document.querySelectorAll('header button, select')].filter(e => e.offsetHeight < 36).map(e => e.id).join()");
        Assert.Equal("", small);
    }

    [Fact]
    public async Task EverythingThatCanBeUsedHasAName()
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open();
        await visit.Page.GotoAsync(site.Address);
        await visit.Shows("#hosts", "alpha");
        string nameless = await visit.Page.EvaluateAsync<string>(
            """
            [...document.querySelectorAll("button, input, select, section, figure, [tabindex]")].filter(element =>
                element.offsetParent !== null && !element.getAttribute("aria-label") && !element.getAttribute("aria-labelledby")
                && !(element.tagName === "BUTTON" && element.textContent.trim() !== "") && !element.querySelector("canvas[aria-label]"))
                .map(element => element.outerHTML.slice(0, 80)).join()
            """);
        Assert.Equal("", nameless);
        string reached = await visit.Page.EvaluateAsync<string>("document.activeElement.tagName");
        for (int press = 0; press < 4; press++)
        {
            await visit.Page.Keyboard.PressAsync("Tab");
            reached += " " + await visit.Page.EvaluateAsync<string>("document.activeElement.id");
        }

        Assert.Equal("BODY earlier later closer wider", reached);
    }
}
