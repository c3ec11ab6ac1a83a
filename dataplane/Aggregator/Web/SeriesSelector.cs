using System.Globalization;
using OppTel.Recorder;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Web;

/// <summary>Selects recorded series by what a request says of them; all of it has to hold.</summary>
internal sealed class SeriesSelector
{
    private const string LabelPrefix = "label.";
    private readonly string? name;
    private readonly List<KeyValuePair<string, string>> labels = [];
    private readonly HashSet<uint>? ids;

    /// <summary>Reads a request.</summary>
    public SeriesSelector(RequestParameters parameters)
    {
        name = parameters.Text("name");
        if (parameters.Text("host") is { } host)
            labels.Add(new("host", host));
        foreach ((string key, Microsoft.Extensions.Primitives.StringValues values) in parameters.Query)
        {
            if (key.StartsWith(LabelPrefix, StringComparison.Ordinal))
                labels.AddRange(values.Select(value => new KeyValuePair<string, string>(key[LabelPrefix.Length..], value ?? "")));
        }

        if (parameters.Query["id"] is { Count: > 0 } texts)
            ids = [.. texts.Select(ReadId)];
        Limit = parameters.Integer("limit", 100, 1, 10_000);
    }

    /// <summary>Most series.</summary>
    public int Limit { get; }

    /// <summary>Whether there are series that are not selected.</summary>
    public bool IsSelective => name is not null || ids is not null || labels.Count > 0;

    /// <summary>The series, by name and labels; an id that is not known is an error.</summary>
    /// <param name="series">Where to select from.</param>
    /// <param name="limit">Most series.</param>
    /// <param name="truncated">Whether there are more.</param>
    public IReadOnlyList<RecordedSeries> Select(RecordHistory series, int limit, out bool truncated)
    {
        List<RecordedSeries> found = [.. Candidates(series).Where(Matches)];
        found.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key) is var order and not 0 ? order : left.Id.CompareTo(right.Id));
        truncated = found.Count > limit;
        return truncated ? found[..limit] : found;
    }

    /// <summary>Whether a series that is there now is selected.</summary>
    public bool Selects(Series series) => (ids is null || ids.Contains(series.Id)) && Matches(series.Family, series.Labels);

    private IEnumerable<RecordedSeries> Candidates(RecordHistory series) => ids is null
        ? series.Series
        : ids.Select(id => series.Find(id) ?? throw new RequestException(404, $"id={id} is not known, or its records are gone; /api/v1/series lists those that are there"));

    private static uint ReadId(string? text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id)
        ? id
        : throw new RequestException($"id={text} is not an id; take one from /api/v1/series");

    private bool Matches(RecordedSeries series) => Matches(series.Family, series.Labels);

    private bool Matches(MetricFamily family, IReadOnlyList<KeyValuePair<string, string>> having) =>
        (name is null || new TextPattern(name).Matches(family.Name)) && labels.TrueForAll(wanted => HasLabel(having, wanted));

    private static bool HasLabel(IReadOnlyList<KeyValuePair<string, string>> having, KeyValuePair<string, string> wanted) =>
        having.FirstOrDefault(label => label.Key == wanted.Key).Value is { } value && new TextPattern(wanted.Value).Matches(value);
}
