using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using CsCheck;
using OppTel.Host.Survey;
using OppTel.Host.Survey.Page;

namespace OppTel.Host.Tests.Survey;

/// <summary>The page of a report, whatever it holds.</summary>
public sealed partial class PageTests
{
    private static readonly string[] Elements =
    [
        "b", "body", "caption", "circle", "details", "div", "figcaption", "figure", "h1", "h2", "head", "header", "html", "main", "meta", "p", "path", "pre", "rect",
        "span", "style", "summary", "svg", "table", "tbody", "td", "text", "th", "thead", "title", "tr",
    ];

    private static readonly string[] Attributes =
    [
        "aria-hidden", "aria-label", "charset", "class", "colspan", "content", "cx", "cy", "d", "height", "http-equiv", "lang", "name", "preserveAspectRatio", "r", "role",
        "text-anchor", "viewBox", "width", "x", "y",
    ];

    /// <summary>Nothing of a name becomes markup, and nothing is asked from elsewhere.</summary>
    [Fact]
    public void ItIsWellFormedAndHasNothingButText() => Sample((report, page) =>
    {
        Assert.Empty(page.Descendants().Select(element => element.Name.LocalName).Except(Elements));
        Assert.Empty(page.Descendants().Attributes().Select(attribute => attribute.Name.LocalName).Except(Attributes));
        Assert.DoesNotContain("url(", page.Descendants("style").Single().Value);
        Assert.DoesNotContain("NaN", page.Root!.Value);
        Assert.DoesNotContain("∞", page.Root!.Value);
    });

    /// <summary>Every figure is in the page twice: exact in its data, and rounded where people look.</summary>
    [Fact]
    public void EveryFigureIsThere() => Sample((report, page) =>
    {
        Assert.Equal(ReportJson.Write(report), page.Descendants("pre").Single().Value);
        Dictionary<string, string[][]> tables = page.Descendants("table").ToDictionary(
            table => table.Descendants("th").First().Value, table => table.Descendants("tr").Skip(1).Select(row => row.Elements("td").Select(cell => cell.Value).ToArray()).ToArray());
        Assert.Equal(
            report.Estimates.SelectMany(estimate => (ServiceReport?[])[estimate.CarriersAlone, estimate.WithHeartbeats]).OfType<ServiceReport>()
                .Select(service => (Figures.Rate(service.RecordsPerSecond), Figures.Bytes(service.BytesPerSecond), ReportWords.Age(service, service.Age.P99))),
            tables["metrics"].Select(row => (row[2], row[3], row[5])));
        if (report.Packets.Count == 0)
            return;
        Assert.Equal([Figures.Count(report.Packets.Count), Figures.Count(report.Frames.Count)], tables["level"].Select(row => row[1]));
        Assert.Equal(ReportWords.Room(report).Select(row => (row.Label, Figures.Count(row.Part.Count), Figures.Share(row.Part.Share))), tables["room"].Select(row => (row[0], row[1], row[2])));
        AssertTallies(report.Carriers.ByProtocol, tables.GetValueOrDefault("protocol", []));
        AssertTallies(report.Carriers.ByCgroup, tables.GetValueOrDefault("cgroup of the socket", []));
        Assert.Equal(report.Refusals.Select(refusal => Figures.Count(refusal.Packets)), tables.GetValueOrDefault("reason", []).Select(row => row[1]));
        Assert.Equal(ReportRows.LengthRows(report).Select(ReportRows.LengthLabel), tables["bytes"].Select(row => row[0]));
        Assert.Equal(report.Gaps.Host.Count > 0, tables.TryGetValue("stream", out string[][]? streams));
        if (streams is not null)
            Assert.Equal(
                report.Gaps.Cpus.OrderByDescending(cpu => cpu.Carriers).Take(19).Select(cpu => (Figures.Count(cpu.Carriers), Figures.Duration(cpu.Gaps.P99))),
                streams.Skip(1).Take(19).Select(row => (row[1], row[4])));
    });

    [Fact]
    public void PlotsStayInsideTheirFrames() => Sample((report, page) =>
    {
        foreach (XElement plot in page.Descendants("figure").Elements("svg"))
        {
            double[] box = [.. Numbers(plot.Attribute("viewBox")!.Value)];
            foreach (XElement mark in plot.Elements())
            {
                Assert.All(Coordinates(mark, "x", "cx"), x => Assert.InRange(x, 0, box[2]));
                Assert.All(Coordinates(mark, "y", "cy"), y => Assert.InRange(y, 0, box[3]));
                Assert.All(Coordinates(mark, "d", "width", "height"), value => Assert.InRange(value, 0, box[2]));
            }
        }
    });

    /// <summary>Whoever does not see a plot hears what it is, and every plot says what its axes are.</summary>
    [Fact]
    public void PlotsAreNamed() => Sample((report, page) =>
    {
        Assert.All(page.Descendants("figure"), figure =>
        {
            Assert.NotEmpty(figure.Element("figcaption")!.Value);
            XElement plot = figure.Element("svg")!;
            Assert.NotEmpty(plot.Attribute("aria-label")!.Value);
            Assert.Equal(2, plot.Elements("text").Count(text => (string?)text.Attribute("class") == "title" && text.Value.Length > 0));
            Assert.InRange(plot.Elements("text").Count(text => text.Attribute("class") is null), 4, 24);
        });
    });

    [Theory]
    [InlineData("/system.slice/nginx.service", "/system.slice/nginx.service")]
    [InlineData("/größe/中文/🙂", "/größe/中文/🙂")]
    [InlineData("/a\e[31mb\n\u009b", @"/a\x1b[31mb\x0a\x9b")]
    [InlineData("/\u202egro\u2028.\uffff", @"/\u202egro\u2028.\uffff")]
    public void NamesAreWrittenSoThatAllOfThemIsSeen(string name, string expected) => Assert.Equal(expected, ReportWords.Printable(name));

    // Of many, the first.
    private static void AssertTallies(IReadOnlyList<TallyReport> tallies, string[][] rows) => Assert.Equal(
        tallies.Take(20).Select(tally => (
            ReportWords.Printable(tally.Name), Figures.Count(tally.Packets), Figures.Count(tally.Frames), Figures.Count(tally.Carriers), Figures.Share(tally.ShareOfCarriers))),
        rows.Take(20).Select(row => (row[0], row[1], row[2], row[3], row[4])));

    private static void Sample(Action<SurveyReport, XDocument> property) => AnyReport.Made.Sample(report => property(report, Parse(PageReport.Write(report))), iter: 100);

    private static XDocument Parse(string page)
    {
        using XmlReader reader = XmlReader.Create(new StringReader(page), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace);
    }

    private static IEnumerable<double> Coordinates(XElement mark, params string[] attributes) =>
        attributes.SelectMany(attribute => Numbers((string?)mark.Attribute(attribute) ?? ""));

    private static IEnumerable<double> Numbers(string text) => Number().Matches(text).Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"-?[\d.]+(E[+-]?\d+)?")]
    private static partial Regex Number();
}
