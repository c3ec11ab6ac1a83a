using System.Globalization;
using System.Text;

namespace OppTel.Host.Survey.Page;

/// <summary>The report as one HTML file that needs nothing else: no script, no font, no address. It is well-formed XML too.</summary>
internal static class PageReport
{
    private static readonly string[] TallyColumns = ["packets", "frames", "carriers", "of carriers", ""];

    /// <summary>The whole page.</summary>
    public static string Write(SurveyReport report)
    {
        StringBuilder page = new();
        page.Append(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
            <title>Survey of {Html.Text(report.Interface)} on {Html.Text(report.Host)}</title>
            <style>
            {Style()}</style>
            </head>
            <body>
            <header>
            <h1>{Html.Text(ReportWords.Summary(report))}</h1>
            <p class="dim">{Html.Text(ReportWords.Scope(report))}; {Html.Text(report.Host)}, {report.Started.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC, MTU {Figures.Count((ulong)report.MtuBytes)} B, {Html.Text(report.Program.Split('+')[0])}</p>
            {string.Concat(ReportWords.Notes(report).Select(note => $"<p class=\"warning\">{Html.Text(note)}</p>"))}
            </header>
            <main>

            """);
        if (report.Packets.Count > 0)
        {
            WriteLengths(page, report);
            WriteCarriers(page, report);
            WriteGaps(page, report);
        }

        WriteEstimates(page, report);
        page.Append("<details><summary>All figures of this survey as JSON</summary><pre>").Append(Html.Data(ReportJson.Write(report))).Append("</pre></details>\n");
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void WriteLengths(StringBuilder page, SurveyReport report)
    {
        page.Append("<div class=\"tiles\">");
        foreach ((string figure, string meaning) in Findings.Headlines(report))
            page.Append($"<div class=\"tile\"><b>{Html.Text(figure)}</b><span>{Html.Text(meaning)}</span></div>");
        page.Append("</div>\n<h2>Lengths of packets, and the room behind them</h2>\n<div class=\"pair\">").Append(Plots.Lengths(report)).Append(Plots.Room(report)).Append("</div>\n");
        Tables.Write(page, "Traffic", ["level", "count", "per s", "bytes", "mean"], [Traffic("packets at the hook", report.Packets), Traffic("frames on the wire", report.Frames)]);
        Tables.Write(page, "Room behind frames", ["room", "frames", "share", ""], ReportWords.Room(report).Select(row => new Row(
            row.Label, row.Part.Share, Figures.Count(row.Part.Count), Figures.Share(row.Part.Share))));
        Tables.WriteLengths(page, report);
    }

    private static void WriteCarriers(StringBuilder page, SurveyReport report)
    {
        page.Append("<h2>Who carries</h2>\n");
        Tables.Write(page, Findings.Tallies(report.Carriers.ByProtocol, "Protocols"), ["protocol", .. TallyColumns], report.Carriers.ByProtocol.Select(Tally));
        Tables.Write(page, Findings.Tallies(report.Carriers.ByCgroup, "Cgroups"), ["cgroup of the socket", .. TallyColumns], report.Carriers.ByCgroup.Select(Tally));
        Tables.Write(page, Findings.Refusals(report), ["reason", "packets", "of packets", ""], report.Refusals.Select(refusal => new Row(
            $"{refusal.Reason}: {ReportRows.Explain(refusal.Reason)}", refusal.ShareOfPackets, Figures.Count(refusal.Packets), Figures.Share(refusal.ShareOfPackets))));
    }

    private static void WriteGaps(StringBuilder page, SurveyReport report)
    {
        if (report.Gaps.Host.Count == 0)
            return;
        page.Append("<h2>Time between carriers</h2>\n<div class=\"pair\">").Append(Plots.Gaps(report.Gaps.Host));
        Tables.Write(
            page,
            "Each CPU is a stream of trailers",
            ["stream", "carriers", "p50", "p90", "p99", "max"],
            report.Gaps.Cpus.OrderByDescending(cpu => cpu.Carriers).Select(cpu => Gaps($"CPU {cpu.Cpu.ToString(CultureInfo.InvariantCulture)}", cpu.Carriers, cpu.Gaps))
                .Prepend(Gaps("host", report.Gaps.Host.Count + 1, report.Gaps.Host)));
        page.Append("</div>\n");
    }

    private static void WriteEstimates(StringBuilder page, SurveyReport report)
    {
        page.Append("<h2>Telemetry that this host would get</h2>\n<p class=\"dim\">Values leave ").Append(Html.Text(string.Join(' ', ReportWords.EstimateNotes(report)))).Append("</p>\n")
            .Append("<div class=\"pair\">").Append(Plots.Ages(report)).Append(Plots.Bandwidth(report)).Append("</div>\n");
        Tables.Write(page, "By number of metrics", ["metrics", "heartbeats/s", "records/s", "bytes/s", "age p50", "p99", "max"], report.Estimates.SelectMany(Services));
    }

    private static IEnumerable<Row> Services(EstimateReport estimate)
    {
        yield return Service(estimate, "carriers alone", estimate.CarriersAlone);
        if (estimate.WithHeartbeats is { } service)
            yield return Service(estimate, "with heartbeats", service);
    }

    private static Row Traffic(string name, TrafficReport traffic) =>
        new(name, null, Figures.Count(traffic.Count), Figures.Rate(traffic.PerSecond), Figures.Bytes(traffic.Bytes), $"{Figures.Count((ulong)Math.Round(traffic.MeanBytes))} B");

    private static Row Tally(TallyReport tally) =>
        new(tally.Name, tally.ShareOfCarriers, Figures.Count(tally.Packets), Figures.Count(tally.Frames), Figures.Count(tally.Carriers), Figures.Share(tally.ShareOfCarriers));

    private static Row Gaps(string name, ulong carriers, GapReport gaps) =>
        new(name, null, Figures.Count(carriers), Figures.Duration(gaps.P50), Figures.Duration(gaps.P90), Figures.Duration(gaps.P99), Figures.Duration(gaps.Max));

    private static Row Service(EstimateReport estimate, string by, ServiceReport service) => new(
        $"{Figures.Count((ulong)estimate.Metrics)}, {by}",
        null,
        Figures.Rate(service.HeartbeatsPerSecond),
        Figures.Rate(service.RecordsPerSecond),
        Figures.Bytes(service.BytesPerSecond),
        ReportWords.Age(service, service.Age.P50),
        ReportWords.Age(service, service.Age.P99),
        ReportWords.Age(service, service.Age.Max));

    private static string Style()
    {
        using Stream style = typeof(PageReport).Assembly.GetManifestResourceStream("OppTel.Host.Survey.Page.page.css")!;
        using StreamReader reader = new(style);
        return reader.ReadToEnd();
    }
}
