using System.Globalization;
using OppTel.Recorder;

namespace OppTel.Aggregator.Web;

/// <summary>Selects recorded series by what a request says of them, or by their ids; all of it has to hold.</summary>
internal sealed class RecordedSelector
{
    private readonly SeriesSelector selector;
    private readonly HashSet<uint>? ids;

    /// <summary>Reads a request.</summary>
    public RecordedSelector(RequestParameters parameters)
    {
        selector = new SeriesSelector(parameters);
        if (parameters.Query["id"] is { Count: > 0 } texts)
            ids = [.. texts.Select(ReadId)];
        Limit = parameters.Integer("limit", 100, 1, 10_000);
    }

    /// <summary>Most series.</summary>
    public int Limit { get; }

    /// <summary>Whether there are series that are not selected.</summary>
    public bool IsSelective => selector.IsSelective || ids is not null;

    /// <summary>The series, by name and labels; an id that is not known is an error.</summary>
    /// <param name="series">Where to select from.</param>
    /// <param name="limit">Most series.</param>
    /// <param name="truncated">Whether there are more.</param>
    public IReadOnlyList<RecordedSeries> Select(RecordHistory series, int limit, out bool truncated)
    {
        List<RecordedSeries> found = [.. Candidates(series).Where(entry => selector.Selects(entry.Family.Name, entry.Labels))];
        found.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key) is var order and not 0 ? order : left.Id.CompareTo(right.Id));
        truncated = found.Count > limit;
        return truncated ? found[..limit] : found;
    }

    private IEnumerable<RecordedSeries> Candidates(RecordHistory series) => ids is null
        ? series.Series
        : ids.Select(id => series.Find(id) ?? throw new RequestException(404, $"id={id} is not known, or its records are gone; /api/v1/series lists those that are there"));

    private static uint ReadId(string? text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id)
        ? id
        : throw new RequestException($"id={text} is not an id; take one from /api/v1/series");
}
