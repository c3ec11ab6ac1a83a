using System.Globalization;

namespace OppTel.Host.Survey.Page;

/// <summary>The plots of a report, each with what is to be seen in it and a legend.</summary>
internal static class Plots
{
    private const double MostRoom = 1024;
    private static readonly string[] Styles = ["a", "b", "c", "d", "e", "f", "g", "h"];

    /// <summary>Share of packets and of frames up to a length.</summary>
    public static string Lengths(SurveyReport report)
    {
        double longest = report.Packets.Lengths.Concat(report.Frames.Lengths).Max(bucket => bucket.To ?? 2 * bucket.From);
        Plot plot = new("Distribution of lengths", Axis.Length("length with Ethernet header, bytes", longest), Axis.Share("share not longer", 1));
        plot.Mark(report.MtuBytes + 14, "MTU");
        plot.Line("a", Cumulated(report.Packets), isStepped: true);
        plot.Line("b", Cumulated(report.Frames), isStepped: true);
        return Figure(Findings.Lengths(report), plot, [("a", "packets at the hook, before they are cut"), ("b", "frames on the wire")]);
    }

    /// <summary>Share of frames with at least so much room.</summary>
    public static string Room(SurveyReport report)
    {
        Plot plot = new("Room behind frames", Axis.Number("room up to the MTU, bytes", MostRoom, 4), Axis.Share("share of frames with at least as much room", 1));
        plot.Mark(report.Trailer.SmallestBytes, $"{report.Trailer.SmallestBytes} B", isBefore: true);
        plot.Mark(report.Trailer.FullBytes, $"full trailer, {report.Trailer.FullBytes} B");
        plot.Line("b", Remaining(report.Room.Lengths), isStepped: true);
        return Figure(Findings.Room(report), plot, [("b", "frames on the wire")]);
    }

    /// <summary>Times between carriers, of which there are some.</summary>
    public static string Gaps(GapReport gaps)
    {
        IReadOnlyList<HistogramRow> rows = ReportRows.DurationRows(gaps);
        // The shortest are too few to be seen: the line begins with their share.
        double shortest = rows.SkipWhile(row => row.Share < 0.001).Select(row => row.From).FirstOrDefault(rows[0].From);
        Plot plot = new("Times between carriers", Axis.Time("time to the next carrier", shortest, rows[^1].To), Axis.Share("share of gaps", 1));
        foreach (HistogramRow row in rows.Where(row => row.Count > 0 && row.From >= shortest))
            plot.Bar(row.From, row.To, row.Share, $"{row.Label}: {Figures.Count(row.Count)}, {Figures.Share(row.Share)}");
        plot.Line("b", Cumulated(gaps));
        plot.Mark(gaps.P50 ?? 0, "p50", isBefore: true);
        plot.Mark(gaps.P99 ?? 0, "p99");
        return Figure(Findings.Gaps(gaps), plot, [("a", "between the sides of a bar"), ("b", "not longer")]);
    }

    /// <summary>Ages by number of metrics; nothing where nothing left.</summary>
    public static string Ages(SurveyReport report)
    {
        List<(string Style, string Name, ServiceReport Service)> lines = [.. Services(report).Where(line => line.Service.Ages.Count > 0)];
        if (lines.Count == 0)
            return "";
        double shortest = lines.Min(line => line.Service.Ages[5]), longest = lines.Max(line => line.Service.Ages[^1]);
        Plot plot = new("Age of metrics", Axis.Time("age of a value", shortest, longest), Axis.Share("share of values, at any time, that are not older", 1));
        foreach ((string style, string name, ServiceReport service) in lines)
        {
            plot.Line(style, service.Ages.Select((age, percent) => (age, percent / 100.0)));
            foreach (int percent in (int[])[50, 99])
                plot.Point(style, service.Ages[percent], percent / 100.0, $"{name}: p{percent.ToString(CultureInfo.InvariantCulture)} {Figures.Duration(service.Ages[percent])}");
        }

        return Figure(Findings.Ages(report), plot, [.. lines.Select(line => (line.Style, line.Name))]);
    }

    /// <summary>Bytes of trailers by number of metrics; nothing where nothing left.</summary>
    public static string Bandwidth(SurveyReport report)
    {
        List<(string Style, string Name, ServiceReport Service)> bars = [.. Services(report)];
        double largest = bars.Max(bar => bar.Service.BytesPerSecond);
        if (largest == 0)
            return "";
        Plot plot = new(
            "Bytes of telemetry",
            Axis.Kinds("number of metrics", [.. report.Estimates.Select(estimate => Figures.Count((ulong)estimate.Metrics))]),
            Axis.Bandwidth("bytes of trailers a second", largest));
        foreach (IGrouping<char, (string Style, string Name, ServiceReport Service)> kind in bars.GroupBy(bar => bar.Style[0]))
        {
            double left = Array.IndexOf(Styles, $"{kind.Key}") + 0.5 - (0.15 * kind.Count());
            foreach ((string style, string name, ServiceReport service) in kind)
            {
                plot.Bar(left, left + 0.3, service.BytesPerSecond, $"{name}: {Figures.Bytes(service.BytesPerSecond)}/s", style);
                left += 0.3;
            }
        }

        return Figure(Findings.Bandwidth(report), plot, [.. bars.Select(bar => (bar.Style, bar.Name))]);
    }

    /// <summary>What is estimated, with a style for each number of metrics; heartbeats only where some would leave.</summary>
    private static IEnumerable<(string Style, string Name, ServiceReport Service)> Services(SurveyReport report)
    {
        foreach ((EstimateReport estimate, string style) in report.Estimates.Zip(Styles))
        {
            string metrics = $"{Figures.Count((ulong)estimate.Metrics)} metrics";
            yield return (style, metrics, estimate.CarriersAlone);
            if (estimate.WithHeartbeats is { HeartbeatsPerSecond: > 0 } filled)
                yield return ($"{style} dashed", $"{metrics}, with heartbeats", filled);
        }
    }

    private static string Figure(string finding, Plot plot, IReadOnlyList<(string Style, string Name)> legend) =>
        $"""
        <figure><figcaption>{Html.Text(finding)}</figcaption>
        <p>{string.Concat(legend.Select(entry => $"""<span class="key"><svg viewBox="0 0 24 8" aria-hidden="true"><path class="line {entry.Style}" d="M1 4H23"/></svg>{Html.Text(entry.Name)}</span> """))}</p>
        {plot}</figure>

        """;

    private static IEnumerable<(double X, double Y)> Cumulated(TrafficReport traffic)
    {
        ulong passed = 0;
        yield return (0, 0);
        foreach (LengthBucket bucket in traffic.Lengths)
        {
            passed += bucket.Count;
            yield return (bucket.To ?? 2 * bucket.From, Part.Of(traffic.Count, passed).Share);
        }

        yield return (double.MaxValue, Part.Of(traffic.Count, passed).Share);
    }

    private static IEnumerable<(double X, double Y)> Cumulated(GapReport gaps)
    {
        ulong passed = 0;
        foreach (DurationCount bucket in gaps.Durations)
        {
            yield return (bucket.From, Part.Of(gaps.Count, passed).Share);
            passed += bucket.Count;
            yield return (bucket.To, Part.Of(gaps.Count, passed).Share);
        }
    }

    /// <summary>What has so much room or more. The last bucket has no end.</summary>
    private static IEnumerable<(double X, double Y)> Remaining(IReadOnlyList<LengthBucket> lengths)
    {
        ulong all = lengths.Aggregate(0ul, (sum, bucket) => sum + bucket.Count), left = all;
        yield return (0, Part.Of(all, left).Share);
        foreach (LengthBucket bucket in lengths.Where(bucket => bucket.To is not null))
        {
            left -= bucket.Count;
            yield return (bucket.To!.Value, Part.Of(all, left).Share);
        }

        yield return (MostRoom, Part.Of(all, left).Share);
    }
}
