using System.Globalization;

namespace OppTel.Host.Survey;

/// <summary>The report for a terminal of 80 columns.</summary>
/// <param name="output">Where it goes.</param>
/// <param name="isTerminal">Whether headings may stand out.</param>
internal sealed class TextReport(TextWriter output, bool isTerminal)
{
    private const int Width = 80;
    private const int TopRows = 10;
    private const string Eighths = " ▏▎▍▌▋▊▉█";

    /// <summary>Writes all of it.</summary>
    public void Write(SurveyReport report)
    {
        output.WriteLine(ReportWords.Scope(report));
        output.WriteLine(ReportWords.Summary(report));
        if (report.Packets.Count > 0)
            WriteCounts(report);
        WriteEstimates(report);
    }

    /// <summary>A bar in eighths of a character; never empty for what is there.</summary>
    internal static string Bar(double share, int width)
    {
        int eighths = Math.Clamp((int)Math.Round(share * width * 8), share > 0 ? 1 : 0, width * 8);
        return (new string('█', eighths / 8) + (eighths % 8 > 0 ? Eighths[eighths % 8] : "")).PadRight(width);
    }

    private void WriteCounts(SurveyReport report)
    {
        WriteTraffic(report);
        WriteLengths(report);
        WriteRoom(report);
        WriteTallies("Carriers by protocol", report.Carriers.ByProtocol);
        WriteTallies("Carriers by cgroup of the socket", report.Carriers.ByCgroup);
        WriteRefusals(report);
        WriteGaps(report.Gaps);
    }

    private void WriteTraffic(SurveyReport report)
    {
        Heading("Traffic", $"{"count",18}{"per s",12}{"bytes",12}{"mean length",14}");
        Row("packets at the hook", report.Packets);
        Row("frames on the wire", report.Frames);
        Line($"{"carriers",-22}{Figures.Count(report.Carriers.Count),18}{Figures.Rate(report.Carriers.PerSecond),12}");
        foreach (string note in ReportWords.Notes(report))
            Line(note);

        void Row(string name, TrafficReport traffic) => Line(
            $"{name,-22}{Figures.Count(traffic.Count),18}{Figures.Rate(traffic.PerSecond),12}{Figures.Bytes(traffic.Bytes),12}{Figures.Count((ulong)Math.Round(traffic.MeanBytes)) + " B",14}");
    }

    private void WriteLengths(SurveyReport report)
    {
        Heading("Lengths", $"{"packets at the hook",-30}{"frames on the wire",-29}");
        foreach ((int From, int? To) row in ReportRows.LengthRows(report))
            Line($"{ReportRows.LengthLabel(row),17}  {Half(report.Packets, row)} {Half(report.Frames, row)}");

        static string Half(TrafficReport traffic, (int From, int? To) row)
        {
            double share = Part.Of(traffic.Count, ReportRows.Count(traffic.Lengths, row)).Share;
            return $"{Bar(share, 20)} {Figures.Share(share),7} ";
        }
    }

    private void WriteRoom(SurveyReport report)
    {
        Heading("Room up to the MTU", "frames on the wire");
        foreach ((string label, Part part) in ReportWords.Room(report))
            Line($"{label,-41}{Bar(part.Share, 27)}{Figures.Share(part.Share),10}");
    }

    private void WriteTallies(string title, IReadOnlyList<TallyReport> tallies)
    {
        Heading(title, $"{"packets",12}{"carriers",12}{"share of carriers",23}");
        foreach (TallyReport tally in tallies.Take(TopRows))
            Line($"{Fit(tally.Name, 30),-31}{Figures.Count(tally.Packets),12}{Figures.Count(tally.Carriers),12}  {Bar(tally.ShareOfCarriers, 12)}{Figures.Share(tally.ShareOfCarriers),9}");
        if (tallies.Count > TopRows)
            Line($"and {tallies.Count - TopRows} more");
    }

    private void WriteRefusals(SurveyReport report)
    {
        Heading("Packets that cannot carry", $"{"packets",14}{"share",12}");
        foreach (RefusalReport refusal in report.Refusals)
            Line($"{refusal.Reason,-18} {Fit(ReportRows.Explain(refusal.Reason), 33),-33}{Figures.Count(refusal.Packets),14}{Figures.Share(refusal.ShareOfPackets),12}");
    }

    private void WriteGaps(GapsReport gaps)
    {
        if (gaps.Host.Count == 0)
            return;
        Heading("Time between carriers", "gaps of the host");
        foreach (HistogramRow row in ReportRows.DurationRows(gaps.Host))
            Line($"{row.Label,19}  {Bar(row.Share, 33)} {Figures.Share(row.Share),8}{Figures.Count(row.Count),15}");
        output.WriteLine();
        Columns("", "carriers       p50       p90       p99       max");
        Row("host", gaps.Host.Count + 1, gaps.Host);
        foreach (CpuGapReport cpu in gaps.Cpus.OrderByDescending(cpu => cpu.Carriers).Take(TopRows))
            Row($"CPU {cpu.Cpu.ToString(CultureInfo.InvariantCulture)}", cpu.Carriers, cpu.Gaps);
        if (gaps.Cpus.Count > TopRows)
            Line($"and {gaps.Cpus.Count - TopRows} more");

        void Row(string name, ulong carriers, GapReport gap) => Line(
            $"{name,-24}{Figures.Count(carriers),14}{Figures.Duration(gap.P50),10}{Figures.Duration(gap.P90),10}{Figures.Duration(gap.P99),10}{Figures.Duration(gap.Max),10}");
    }

    private void WriteEstimates(SurveyReport report)
    {
        Heading("Telemetry that this host would get", "");
        foreach (string note in ReportWords.EstimateNotes(report))
            Line(note);
        output.WriteLine();
        Columns("", "age of metrics       ");
        Columns(" metrics  by", "records/s   bytes/s       p50       p99       max");
        foreach (EstimateReport estimate in report.Estimates)
        {
            Row(Figures.Count((ulong)estimate.Metrics), "carriers alone", estimate.CarriersAlone);
            if (estimate.WithHeartbeats is { } service)
                Row("", $"+ {Figures.Rate(service.HeartbeatsPerSecond)} heartbeats/s", service);
        }

        void Row(string metrics, string by, ServiceReport service) => Line(
            $"{metrics,6}  {by,-20}{Figures.Rate(service.RecordsPerSecond),10}{Figures.Bytes(service.BytesPerSecond),10}{ReportWords.Age(service, service.Age.P50),10}{ReportWords.Age(service, service.Age.P99),10}{ReportWords.Age(service, service.Age.Max),10}");
    }

    /// <summary>A heading behind an empty line.</summary>
    private void Heading(string title, string columns)
    {
        output.WriteLine();
        Columns(title, columns);
    }

    /// <summary>Names of columns, which end where the lines do.</summary>
    private void Columns(string title, string columns)
    {
        string line = (title + columns.PadLeft(Width - title.Length)).TrimEnd();
        output.WriteLine(isTerminal ? $"\e[1m{line}\e[0m" : line);
    }

    private void Line(string text) => output.WriteLine($"  {text}".TrimEnd());

    /// <summary>The end of a long name tells more than its beginning.</summary>
    private static string Fit(string name, int width)
    {
        string seen = ReportWords.Printable(name);
        return seen.Length <= width ? seen : $"…{seen[^(width - 1)..]}";
    }
}
