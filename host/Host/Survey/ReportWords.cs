namespace OppTel.Host.Survey;

/// <summary>The sentences of a report, the same for the terminal and the page.</summary>
internal static class ReportWords
{
    /// <summary>How long what was counted, and whether that was all.</summary>
    public static string Scope(SurveyReport report)
    {
        string time = Figures.Duration(report.DurationSeconds), planned = Figures.Duration(report.PlannedSeconds);
        return report.Ended switch
        {
            SurveyEnd.Interrupted => $"{report.Interface}, {time} of {planned}: ended early",
            SurveyEnd.InterfaceGone => $"{report.Interface}, {time} of {planned}: then the interface went away",
            _ => $"{report.Interface}, {time}",
        };
    }

    /// <summary>What came out of it.</summary>
    public static string Summary(SurveyReport report) => report.Packets.Count == 0
        ? "No packet left, so nothing could carry."
        : $"{Figures.Share(report.Carriers.ShareOfPackets)} of {Figures.Count(report.Packets.Count)} packets could carry metrics.";

    /// <summary>What the figures of traffic leave out.</summary>
    public static IEnumerable<string> TrafficNotes(SurveyReport report)
    {
        if (report.UnsplitPackets > 0)
            yield return $"{Figures.Count(report.UnsplitPackets)} GSO packets could not be cut into frames and are missing there.";
        if (report.Carriers.Untraced > 0)
            yield return $"{Figures.Count(report.Carriers.Untraced)} carriers came faster than they were read: gaps and ages are too long.";
    }

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
}
