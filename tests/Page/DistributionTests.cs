namespace OppTel.Page.Tests;

/// <summary>Sketches as a heat map.</summary>
public class DistributionTests(Browser browser)
{
    private const string Heat = "#distributions canvas";

    [Fact]
    public async Task AGaugeIsDrawnWindowByWindowAndReadAtThePointer()
    {
        using Site site = await Site.Start();
        await using Visit visit = await browser.Open();
        await visit.Page.GotoAsync($"{site.Address}#heat=opptel_runqueue_length");
        // The run queue alternates between 2 and 3.
        await visit.Shows("#distributions .moment", @"\d+ values, p50 .*, p99 3");
        await visit.Draws(Heat, 2);
        await visit.Changes("#distributions .moment", await visit.Text("#distributions .moment"));
        site.Load = 20;
        await visit.Shows("#distributions .moment", "p99 2[0-9][0-9]");
        // The highest values are of the last window alone.
        bool[] corners = await TopCorners(visit);
        Assert.Equal((false, true), (corners[0], corners[1]));
        await visit.Page.Locator(Heat).ScrollIntoViewIfNeededAsync();
        await visit.Page.Locator(Heat).HoverAsync();
        await visit.Shows("#distributions .moment", "values, [0-9,]+ (above|of 0 or less)");
        Assert.Contains("opptel_runqueue_length", await visit.Page.Locator(Heat).GetAttributeAsync("aria-label"), StringComparison.Ordinal);
        Assert.Empty(visit.Complaints);
    }

    /// <summary>Whether the first and the last column have a cell at the top.</summary>
    private static Task<bool[]> TopCorners(Visit visit) => visit.Page.Locator(Heat).EvaluateAsync<bool[]>(
        """
        canvas => {
            const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
            copy.drawImage(canvas, 0, 0);
            return [60, canvas.width - 12].map(left => copy.getImageData(left, 8, 1, 1).data[3] > 200);
        }
        """);
}
