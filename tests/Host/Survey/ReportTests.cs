using System.Globalization;
using System.Text.Json;
using CsCheck;
using OppTel.Host.Survey;

namespace OppTel.Host.Tests.Survey;

/// <summary>What is written of a report, whatever it holds.</summary>
public sealed class ReportTests
{
    [Fact]
    public void TextFitsATerminalOf80Columns() => AnyReport.Made.Sample(
        report =>
        {
            string text = Text(report);
            string? wide = text.Split('\n').FirstOrDefault(line => new StringInfo(line).LengthInTextElements > 80);
            Assert.True(wide is null, wide);
            Assert.DoesNotContain("NaN", text);
            Assert.DoesNotContain("∞", text);
            Assert.DoesNotContain('\e', text);
        },
        iter: 200);

    [Fact]
    public void JsonIsReadBackAsItWas() => AnyReport.Made.Sample(
        report =>
        {
            string json = ReportJson.Write(report);
            Assert.Equal(json, ReportJson.Write(JsonSerializer.Deserialize(json, ReportJson.Default.SurveyReport)!));
        },
        iter: 200);

    [Fact]
    public void RowsAddUpToTheirHistogram() => AnyReport.Made.Sample(
        report =>
        {
            Assert.Equal(report.Gaps.Host.Count, ReportRows.DurationRows(report.Gaps.Host).Aggregate(0ul, (sum, row) => sum + row.Count));
            IReadOnlyList<(int From, int? To)> rows = ReportRows.LengthRows(report);
            Assert.Equal(report.Packets.Count, rows.Aggregate(0ul, (sum, row) => sum + ReportRows.Count(report.Packets.Lengths, row)));
            Assert.Equal(report.Frames.Count, rows.Aggregate(0ul, (sum, row) => sum + ReportRows.Count(report.Frames.Lengths, row)));
        },
        iter: 200);

    [Theory]
    [InlineData(0.0, "0 %")]
    [InlineData(1e-9, "<0.1 %")]
    [InlineData(0.1234, "12.3 %")]
    [InlineData(0.99999, ">99.9 %")]
    [InlineData(1.0, "100.0 %")]
    public void Shares(double share, string expected) => Assert.Equal(expected, Figures.Share(share));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0, "0 ns")]
    [InlineData(5e-9, "5.00 ns")]
    [InlineData(999.9e-9, "1.00 us")]
    [InlineData(12.34e-6, "12.3 us")]
    [InlineData(0.1, "100 ms")]
    [InlineData(0.99999, "1.00 s")]
    [InlineData(60.0, "60.0 s")]
    [InlineData(3600.0, "3600 s")]
    public void Durations(double? seconds, string expected) => Assert.Equal(expected, Figures.Duration(seconds));

    [Theory]
    [InlineData(1e-5, "10 us")]
    [InlineData(5e-1, "500 ms")]
    [InlineData(2e-9, "2 ns")]
    public void RoundDurations(double seconds, string expected) => Assert.Equal(expected, Figures.Round(seconds));

    [Theory]
    [InlineData(0.0, "0 B")]
    [InlineData(999.0, "999 B")]
    [InlineData(999.7, "1.00 kB")]
    [InlineData(1234567.0, "1.23 MB")]
    [InlineData(9.99e17, "999 PB")]
    public void Sizes(double bytes, string expected) => Assert.Equal(expected, Figures.Bytes(bytes));

    [Theory]
    [InlineData(0, 8, "        ")]
    [InlineData(0.0001, 8, "▏       ")]
    [InlineData(0.5, 8, "████    ")]
    [InlineData(0.53125, 8, "████▎   ")]
    [InlineData(1, 8, "████████")]
    [InlineData(7, 8, "████████")]
    public void Bars(double share, int width, string expected) => Assert.Equal(expected, TextReport.Bar(share, width));

    private static string Text(SurveyReport report)
    {
        StringWriter output = new();
        new TextReport(output, isTerminal: false).Write(report);
        return output.ToString();
    }
}
