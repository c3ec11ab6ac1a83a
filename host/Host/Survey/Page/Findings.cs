namespace OppTel.Host.Survey.Page;

/// <summary>What is to be seen in the parts of a page, as sentences that stand above them.</summary>
internal static class Findings
{
    /// <summary>The figures that matter most, and what they are.</summary>
    public static IEnumerable<(string Figure, string Meaning)> Headlines(SurveyReport report)
    {
        EstimateReport estimate = Typical(report);
        string metrics = $"{Figures.Count((ulong)estimate.Metrics)} metrics";
        yield return (Figures.Share(report.Room.BelowMtu.Share), "of the frames on the wire are below the MTU");
        yield return ($"{Figures.Rate(report.Carriers.PerSecond)}/s", "carriers");
        yield return (Figures.Duration(report.Gaps.Host.P99), "between carriers, p99");
        yield return (ReportWords.Age(estimate.CarriersAlone, estimate.CarriersAlone.Age.P99), $"age of {metrics}, p99");
        yield return ($"{Figures.Bytes(estimate.CarriersAlone.BytesPerSecond)}/s", $"of telemetry, for {metrics}");
    }

    /// <summary>How long packets and frames are.</summary>
    public static string Lengths(SurveyReport report) =>
        $"{Figures.Share(report.Room.BelowMtu.Share)} of the frames on the wire are below the MTU of {Figures.Count((ulong)report.MtuBytes)} bytes";

    /// <summary>How much is left behind frames.</summary>
    public static string Room(SurveyReport report) =>
        $"{Figures.Share(report.Room.Smallest.Share)} of the frames have room for one value, {Figures.Share(report.Room.Full.Share)} for a full trailer";

    /// <summary>Who carries most.</summary>
    /// <param name="tallies">Most carriers first.</param>
    /// <param name="kinds">What they are.</param>
    public static string Tallies(IReadOnlyList<TallyReport> tallies, string kinds) => tallies is [{ Carriers: > 0 } first, ..]
        ? $"{first.Name}: {Figures.Share(first.ShareOfCarriers)} of the carriers"
        : $"{kinds} without a carrier";

    /// <summary>How much cannot carry.</summary>
    public static string Refusals(SurveyReport report) =>
        $"{Figures.Share(Part.Of(report.Packets.Count, report.Refusals.Aggregate(0ul, (sum, refusal) => sum + refusal.Packets)).Share)} of the packets cannot carry";

    /// <summary>How long it takes until the next carrier.</summary>
    public static string Gaps(GapReport gaps) =>
        $"Half of the carriers follow within {Figures.Duration(gaps.P50)}, 99 % within {Figures.Duration(gaps.P99)}";

    /// <summary>How old metrics get.</summary>
    public static string Ages(SurveyReport report)
    {
        EstimateReport estimate = Typical(report);
        string metrics = Figures.Count((ulong)estimate.Metrics);
        return estimate.CarriersAlone.Age switch
        {
            { P99: null } => $"Without a carrier, {metrics} metrics would not get away",
            { AtLeast: true } => $"Not all of {metrics} metrics got away: ages are lower bounds",
            { P99: var age } => $"Of {metrics} metrics, 99 % are at most {Figures.Duration(age)} old",
        };
    }

    /// <summary>What telemetry weighs.</summary>
    public static string Bandwidth(SurveyReport report)
    {
        ServiceReport service = Typical(report).CarriersAlone;
        double wire = report.Frames.Bytes / report.DurationSeconds;
        return $"Carriers alone take {Figures.Bytes(service.BytesPerSecond)}/s" + (wire > 0 ? $": {Figures.Share(service.BytesPerSecond / wire)} more bytes on the wire" : "");
    }

    // The middle one of the estimates says most.
    private static EstimateReport Typical(SurveyReport report) => report.Estimates[report.Estimates.Count / 2];
}
