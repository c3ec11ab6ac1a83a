namespace OppTel.Recorder.Queries;

/// <summary>The series that a request asks for.</summary>
public sealed class SeriesSelection
{
    private readonly Dictionary<uint, int> places = [];

    /// <summary>These series, in this order.</summary>
    public SeriesSelection(IReadOnlyList<RecordedSeries> series)
    {
        ArgumentNullException.ThrowIfNull(series);
        Series = series;
        for (int index = 0; index < series.Count; index++)
            places[series[index].Id] = index;
    }

    /// <summary>The series.</summary>
    public IReadOnlyList<RecordedSeries> Series { get; }

    /// <summary>Index of the series with this id, or -1.</summary>
    internal int Find(uint id) => places.TryGetValue(id, out int index) ? index : -1;
}
