namespace OppTel.Recorder.Queries;

/// <summary>An entity by how much its counters grew.</summary>
/// <param name="Series">The first of its series, which shows what they have in common.</param>
/// <param name="Labels">The labels that name it.</param>
/// <param name="Values">Rates at each step; NaN where nothing is known.</param>
public sealed record TopEntry(RecordedSeries Series, IReadOnlyList<KeyValuePair<string, string>> Labels, RangeValues Values);

/// <summary>Finds the counters, or the groups of them, that grew most.</summary>
public static class TopQuery
{
    /// <summary>Values of all series that grew, which are in memory at the same time.</summary>
    private const long MostCells = 8_000_000;

    /// <summary>The entries with the highest totals, highest first.</summary>
    /// <param name="reader">Reads the history.</param>
    /// <param name="selection">Counters.</param>
    /// <param name="request">The time; least and greatest values are not gathered.</param>
    /// <param name="by">Labels whose values make a group; none: each series is one.</param>
    /// <param name="limit">Number of entries.</param>
    /// <exception cref="QueryException">It would take too much.</exception>
    public static List<TopEntry> Run(HistoryReader reader, SeriesSelection selection, RangeRequest request, IReadOnlyList<string> by, int limit)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(selection);
        ArgumentNullException.ThrowIfNull(request);
        request = request with { Extremes = false };
        StepBudget budget = new(MostCells);
        SteppedRates[] stepped = [.. selection.Series.Select(series => new SteppedRates(request, series, budget))];
        bool[] goesOn = reader.Feed(selection, request, stepped);
        return
        [
            .. Enumerable.Range(0, stepped.Length).Where(index => stepped[index].HasGrown)
                .GroupBy(index => GroupOf(selection.Series[index], by), StringComparer.Ordinal)
                .Select(group => (Members: group.ToArray(), Total: group.Sum(index => stepped[index].Total)))
                .OrderByDescending(group => group.Total).Take(limit)
                .Select(group => Combine(group.Members, selection, stepped, goesOn, by)),
        ];
    }

    private static string GroupOf(RecordedSeries series, IReadOnlyList<string> by) => by.Count == 0
        ? series.Key
        : string.Concat(by.Select(name => series.Label(name) is { } value ? $"{value.Length}:{value}" : "-"));

    private static TopEntry Combine(int[] members, SeriesSelection selection, SteppedRates[] stepped, bool[] goesOn, IReadOnlyList<string> by)
    {
        RecordedSeries first = selection.Series[members[0]];
        RangeValues sum = stepped[members[0]].Finish(goesOn[members[0]]);
        foreach (int member in members.AsSpan(1))
        {
            RangeValues other = stepped[member].Finish(goesOn[member]);
            for (int step = 0; step < sum.Values.Length; step++)
            {
                // What one of them does not know adds nothing.
                sum.Values[step] = double.IsNaN(sum.Values[step]) ? other.Values[step]
                    : double.IsNaN(other.Values[step]) ? sum.Values[step] : sum.Values[step] + other.Values[step];
            }

            sum = sum with { Total = sum.Total + other.Total };
        }

        return new TopEntry(first, by.Count == 0 ? first.Labels : [.. first.Labels.Where(label => by.Contains(label.Key))], sum);
    }
}
