using System.Globalization;
using System.Text;

namespace OppTel.Host.Survey;

/// <summary>The sentences of a report, the same for the terminal and the page.</summary>
internal static class ReportWords
{
    /// <summary>How long what was counted, and whether that was all.</summary>
    public static string Scope(SurveyReport report)
    {
        string time = Figures.Duration(report.DurationSeconds), planned = Figures.Duration(report.PlannedSeconds);
        return Printable(report.Interface) + report.Ended switch
        {
            SurveyEnd.Interrupted => $", {time} of {planned}: ended early",
            SurveyEnd.InterfaceGone => $", {time} of {planned}: then the interface went away",
            _ => $", {time}",
        };
    }

    /// <summary>What came out of it.</summary>
    public static string Summary(SurveyReport report) => report.Packets.Count == 0
        ? "No packet left, so nothing could carry."
        : $"{Figures.Share(report.Carriers.ShareOfPackets)} of {Figures.Count(report.Packets.Count)} packets could carry metrics.";

    /// <summary>What the figures leave out, or cannot say.</summary>
    public static IEnumerable<string> Notes(SurveyReport report)
    {
        if (report.UnsplitPackets > 0)
            yield return $"{Figures.Count(report.UnsplitPackets)} GSO packets could not be cut into frames and are missing there.";
        if (report.Carriers.Untraced > 0)
            yield return $"{Figures.Count(report.Carriers.Untraced)} carriers came faster than they were read: gaps and ages are too long.";
        if (report.Carriers.ByCgroup.Any(tally => tally.Name.StartsWith(CgroupNames.Unnamed, StringComparison.Ordinal)))
            yield return "Cgroups that had ended, or are not mounted here, have their number for a name.";
    }

    /// <summary>An age, with a sign where it is only a bound.</summary>
    public static string Age(ServiceReport service, double? seconds) =>
        service.Age.AtLeast && seconds is not null ? $">{Figures.Duration(seconds)}" : Figures.Duration(seconds);

    /// <summary>Shares of frames by the room behind them.</summary>
    public static IEnumerable<(string Label, Part Part)> Room(SurveyReport report) =>
    [
        ($"any: shorter than {Figures.Count((ulong)report.MtuBytes)} B", report.Room.BelowMtu),
        ($"{report.Trailer.SmallestBytes} B: the smallest trailer, one value", report.Room.Smallest),
        ($"{report.Trailer.FullBytes} B: a full trailer, {(report.Trailer.FullBytes - report.Trailer.SmallestBytes) / 8 + 1} values", report.Room.Full),
    ];

    /// <summary>What the estimates assume.</summary>
    public static IEnumerable<string> EstimateNotes(SurveyReport report)
    {
        yield return $"in trailers of up to {report.Trailer.FullBytes} bytes, if all metrics changed all the time and the";
        yield return "one that left longest ago always went first. What changes less is no older.";
    }

    /// <summary>A name that somebody else chose: characters that would steer a terminal, or are not seen, are written as codes.</summary>
    public static string Printable(string name)
    {
        if (name.EnumerateRunes().All(IsSeen))
            return name;
        StringBuilder seen = new();
        foreach (Rune rune in name.EnumerateRunes())
            seen.Append(IsSeen(rune) ? rune.ToString() : rune.Value < 0x100 ? $"\\x{rune.Value:x2}" : $"\\u{rune.Value:x4}");
        return seen.ToString();
    }

    private static bool IsSeen(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned);
}
