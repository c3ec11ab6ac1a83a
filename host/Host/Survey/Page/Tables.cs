using System.Globalization;
using System.Text;

namespace OppTel.Host.Survey.Page;

/// <summary>A row of a table.</summary>
/// <param name="Name">Its first cell.</param>
/// <param name="Share">What a meter at its end shows; null for none.</param>
/// <param name="Cells">The others.</param>
internal sealed record Row(string Name, double? Share, params string[] Cells);

/// <summary>The tables of a page.</summary>
internal static class Tables
{
    private const int TopRows = 20;

    /// <summary>A table with a meter in the last column where rows have shares; nothing without rows.</summary>
    /// <param name="page">Takes it.</param>
    /// <param name="caption">What is to be seen in it.</param>
    /// <param name="columns">Names of the columns.</param>
    /// <param name="rows">Most important first; those beyond the first few are only counted.</param>
    public static void Write(StringBuilder page, string caption, IReadOnlyList<string> columns, IEnumerable<Row> rows)
    {
        List<Row> all = [.. rows];
        if (all.Count == 0)
            return;
        Begin(page, caption, columns);
        foreach (Row row in all.Take(TopRows))
        {
            page.Append("<tr>").Append(Cell(row.Name)).Append(string.Concat(row.Cells.Select(Cell)));
            if (row.Share is { } share)
                page.Append(Meter(share, ""));
            page.Append("</tr>\n");
        }

        if (all.Count > TopRows)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td colspan=\"{columns.Count}\">and {all.Count - TopRows} more, in the data below</td></tr>\n");
        page.Append("</tbody></table></div>\n");
    }

    /// <summary>Lengths of packets and of frames, side by side.</summary>
    public static void WriteLengths(StringBuilder page, SurveyReport report)
    {
        Begin(page, "Lengths", ["bytes", "packets at the hook", "", "", "frames on the wire", "", ""]);
        foreach ((int From, int? To) row in ReportRows.LengthRows(report))
        {
            bool isEmpty = ReportRows.Count(report.Packets.Lengths, row) + ReportRows.Count(report.Frames.Lengths, row) == 0;
            page.Append(isEmpty ? "<tr class=\"dim\">" : "<tr>").Append($"<td class=\"bounds\">{ReportRows.LengthLabel(row)}</td>");
            WriteHalf(report.Packets, row, "");
            WriteHalf(report.Frames, row, " second");
            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n");

        void WriteHalf(TrafficReport traffic, (int From, int? To) row, string style)
        {
            Part part = Part.Of(traffic.Count, ReportRows.Count(traffic.Lengths, row));
            page.Append(Cell(Figures.Count(part.Count))).Append(Cell(Figures.Share(part.Share))).Append(Meter(part.Share, style));
        }
    }

    private static void Begin(StringBuilder page, string caption, IReadOnlyList<string> columns) => page.Append(
        $"<div class=\"table\"><table><caption>{Html.Text(caption)}</caption><thead><tr>{string.Concat(columns.Select(column => $"<th>{Html.Text(column)}</th>"))}</tr></thead><tbody>\n");

    private static string Cell(string text) => $"<td>{Html.Text(text)}</td>";

    private static string Meter(double share, string style) => string.Create(
        CultureInfo.InvariantCulture,
        $"""<td class="meter{style}"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="{(share > 0 ? Math.Clamp(100 * share, 0.5, 100) : 0):0.##}" height="10"/></svg></td>""");
}
