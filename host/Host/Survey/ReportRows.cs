using OppTel.Bpf;

namespace OppTel.Host.Survey;

/// <summary>One row of a histogram as people read it.</summary>
/// <param name="From">The shortest duration that belongs to it, in seconds.</param>
/// <param name="To">The first that is too long.</param>
/// <param name="Count">How many.</param>
/// <param name="Share">Of all.</param>
internal readonly record struct HistogramRow(double From, double To, ulong Count, double Share)
{
    /// <summary>Its bounds.</summary>
    public string Label => $"{Figures.Round(From)} - {Figures.Round(To)}";
}

/// <summary>Brings the fine buckets of a report into few rows, the same for the terminal and the page.</summary>
internal static class ReportRows
{
    /// <summary>
    /// Bounds of lengths: powers of two, and a row of its own for what fills the MTU, with or without a VLAN tag. Without the
    /// rows at both ends that neither of the two has.
    /// </summary>
    public static IReadOnlyList<(int From, int? To)> LengthRows(SurveyReport report)
    {
        int full = (report.MtuBytes + 14) / SurveyMaps.SizeStep * SurveyMaps.SizeStep;
        List<int> bounds = [0, .. Enumerable.Range(6, 11).Select(power => 1 << power)];
        if (full < bounds[^1])
            bounds = [.. bounds.Where(bound => Math.Abs(bound - full) > SurveyMaps.SizeStep).Append(full).Append(full + SurveyMaps.SizeStep).Order()];
        List<(int From, int? To)> rows = [.. bounds.Select((bound, index) => (bound, index + 1 < bounds.Count ? bounds[index + 1] : (int?)null))];
        bool[] isFilled = [.. rows.Select(row => Count(report.Packets.Lengths, row) + Count(report.Frames.Lengths, row) > 0)];
        int first = Array.IndexOf(isFilled, true), last = Array.LastIndexOf(isFilled, true);
        return first < 0 ? [] : rows[first..(last + 1)];
    }

    /// <summary>A row's label: 64 - 127 B.</summary>
    public static string LengthLabel((int From, int? To) row) =>
        row.To is { } to ? $"{Figures.Count((ulong)row.From)} - {Figures.Count((ulong)to - 1)} B" : $"{Figures.Count((ulong)row.From)} B and more";

    /// <summary>How many lengths belong to a row.</summary>
    public static ulong Count(IReadOnlyList<LengthBucket> lengths, (int From, int? To) row) =>
        lengths.Where(bucket => bucket.From >= row.From && (row.To is null || bucket.From < row.To)).Aggregate(0ul, (sum, bucket) => sum + bucket.Count);

    /// <summary>Durations in rows that are bounded by 1, 2 and 5 of each decade, from the first filled one to the last.</summary>
    public static IReadOnlyList<HistogramRow> DurationRows(GapReport gaps)
    {
        List<HistogramRow> rows = [];
        if (gaps.Count == 0)
            return rows;
        ulong shortest = Nanoseconds(gaps.Durations[0].From), longest = Nanoseconds(gaps.Durations[^1].From), from = 0;
        foreach (ulong to in RoundNanoseconds())
        {
            ulong count = gaps.Durations
                .Where(bucket => Nanoseconds(bucket.From) >= from && Nanoseconds(bucket.From) < to)
                .Aggregate(0ul, (sum, bucket) => sum + bucket.Count);
            if (to > shortest)
                rows.Add(new HistogramRow(from * 1e-9, to * 1e-9, count, Part.Of(gaps.Count, count).Share));
            if (to > longest)
                break;
            from = to;
        }

        return rows;
    }

    /// <summary>What a reason of the egress program means to somebody who reads a survey.</summary>
    public static string Explain(string reason) => reason switch
    {
        "gso" => "cut into segments behind the hook",
        "no_slack" => "no room for the smallest trailer",
        "unknown_ethertype" => "no rule for where its L3 packet ends",
        "malformed_l3" => "header short or contradictory",
        "length_mismatch" => "longer or shorter than its L3 packet",
        "forged_trimmed" => "ends in a trailer already: cut off",
        "control" => "OppTel's own",
        "late_integrity" => "SCTP, ESP or IPv6 extension headers",
        _ => reason,
    };

    private static ulong Nanoseconds(double seconds) => (ulong)Math.Round(seconds * 1e9);

    private static IEnumerable<ulong> RoundNanoseconds()
    {
        for (ulong decade = 1; ; decade *= 10)
        {
            yield return decade;
            yield return 2 * decade;
            yield return 5 * decade;
        }
    }
}
