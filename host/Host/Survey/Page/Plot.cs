using System.Globalization;
using System.Text;

namespace OppTel.Host.Survey.Page;

/// <summary>A plot as inline SVG. Colours are those of the page's style sheet, so it follows light and dark.</summary>
/// <param name="description">What it shows, for those who do not see it.</param>
/// <param name="x">The axis below.</param>
/// <param name="y">The axis at the left.</param>
internal sealed class Plot(string description, Axis x, Axis y)
{
    private const int Width = 410;
    private const int Height = 260;
    private const int Left = 50;
    private const int Right = 24;
    private const int Top = 42;
    private const int Bottom = 42;
    private const int LetterWidth = 7;
    private readonly StringBuilder content = new();

    /// <summary>A bar from the axis up.</summary>
    /// <param name="from">Its left side on the x axis.</param>
    /// <param name="to">Its right side on the x axis.</param>
    /// <param name="value">Its end on the y axis.</param>
    /// <param name="title">Said when it is pointed at.</param>
    /// <param name="style">Class in the style sheet.</param>
    public void Bar(double from, double to, double value, string title, string style = "a")
    {
        double left = X(from) + 0.5, top = Y(value);
        content.Append(CultureInfo.InvariantCulture, $"""<rect class="bar {style}" x="{left:0.##}" y="{top:0.##}" width="{Math.Max(0.5, X(to) - left - 0.5):0.##}" height="{Height - Bottom - top:0.##}"><title>{Html.Text(title)}</title></rect>""");
    }

    /// <summary>A line through points.</summary>
    /// <param name="style">Class in the style sheet.</param>
    /// <param name="points">In order of x.</param>
    /// <param name="isStepped">Whether a value holds until the next point.</param>
    public void Line(string style, IEnumerable<(double X, double Y)> points, bool isStepped = false)
    {
        StringBuilder path = new();
        foreach ((double px, double py) in points)
        {
            if (path.Length == 0)
                path.Append(CultureInfo.InvariantCulture, $"M{X(px):0.##} {Y(py):0.##}");
            else
                path.Append(CultureInfo.InvariantCulture, $"{(isStepped ? $"H{X(px):0.##}V" : $"L{X(px):0.##} ")}{Y(py):0.##}");
        }

        content.Append(CultureInfo.InvariantCulture, $"""<path class="line {style}" d="{path}"/>""");
    }

    /// <summary>A point that says something when it is pointed at.</summary>
    public void Point(string style, double px, double py, string title) => content.Append(
        CultureInfo.InvariantCulture, $"""<circle class="point {style}" cx="{X(px):0.##}" cy="{Y(py):0.##}" r="3.5"><title>{Html.Text(title)}</title></circle>""");

    /// <summary>A vertical line with a word at its top.</summary>
    /// <param name="at">Where on the x axis.</param>
    /// <param name="label">The word.</param>
    /// <param name="isBefore">Whether the word stands at the left of the line; where there is no space at its right it does anyhow.</param>
    public void Mark(double at, string label, bool isBefore = false)
    {
        isBefore |= X(at) + (label.Length * LetterWidth) > Width;
        content.Append(CultureInfo.InvariantCulture, $"""<path class="mark" d="M{X(at):0.##} {Top - 20}V{Height - Bottom}"/>""");
        content.Append(CultureInfo.InvariantCulture, $"""<text class="mark" x="{X(at) + (isBefore ? -4 : 4):0.##}" y="{Top - 10}" text-anchor="{(isBefore ? "end" : "start")}">{Html.Text(label)}</text>""");
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{Html.Text(description)}">""");
        foreach (Tick tick in y.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""<path class="grid" d="M{Left} {Y(tick.At):0.##}H{Width - Right}"/>""");
            svg.Append(CultureInfo.InvariantCulture, $"""<text x="{Left - 6}" y="{Y(tick.At) + 4:0.##}" text-anchor="end">{Html.Text(tick.Label)}</text>""");
        }

        foreach (Tick tick in x.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""<path class="grid" d="M{X(tick.At):0.##} {Height - Bottom}v5"/>""");
            svg.Append(CultureInfo.InvariantCulture, $"""<text x="{X(tick.At):0.##}" y="{Height - Bottom + 18}" text-anchor="middle">{Html.Text(tick.Label)}</text>""");
        }

        svg.Append(CultureInfo.InvariantCulture, $"""<text class="title" x="0" y="12">{Html.Text(y.Title)}</text>""");
        svg.Append(CultureInfo.InvariantCulture, $"""<text class="title" x="{Width - Right}" y="{Height - 5}" text-anchor="end">{Html.Text(x.Title)}</text>""");
        return svg.Append(content).Append("</svg>").ToString();
    }

    private double X(double value) => Left + (x.At(value) * (Width - Left - Right));

    private double Y(double value) => Height - Bottom - (y.At(value) * (Height - Top - Bottom));
}
