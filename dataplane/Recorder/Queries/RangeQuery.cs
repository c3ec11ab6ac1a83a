namespace OppTel.Recorder.Queries;

/// <summary>Reads values over time out of a history.</summary>
public static class RangeQuery
{
    /// <summary>The values of each series.</summary>
    /// <exception cref="QueryException">It would take too much.</exception>
    /// <exception cref="OperationCanceledException">The client left, or it took too long.</exception>
    public static RangeValues[] Run(HistoryReader reader, SeriesSelection selection, RangeRequest request)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(selection);
        ArgumentNullException.ThrowIfNull(request);
        StepBudget budget = new((long)selection.Series.Count * request.Steps);
        SteppedSeries[] stepped = [.. selection.Series.Select(series => Make(series, request, budget))];
        bool[] goesOn = reader.Feed(selection, request, stepped);
        return [.. stepped.Select((series, index) => series.Finish(goesOn[index]))];
    }

    private static SteppedSeries Make(RecordedSeries series, RangeRequest request, StepBudget budget) =>
        series.IsCounter && !request.CounterValues ? new SteppedRates(request, series, budget) : new SteppedValues(request, series);
}
