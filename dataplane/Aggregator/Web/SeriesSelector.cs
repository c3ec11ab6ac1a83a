using Microsoft.AspNetCore.Http;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Web;

/// <summary>Which series a request is about: <c>name=</c>, <c>host=</c> and <c>label.NAME=</c>, all of which have to hold.</summary>
internal sealed class SeriesSelector
{
    private const string LabelPrefix = "label.";
    private readonly string name;
    private readonly List<KeyValuePair<string, string>> labels = [];

    /// <summary>Reads a request's query.</summary>
    public SeriesSelector(IQueryCollection query)
    {
        name = query["name"].ToString() is { Length: > 0 } given ? given : "*";
        if (query["host"].ToString() is { Length: > 0 } host)
            labels.Add(new("host", host));
        foreach (string key in query.Keys.Where(key => key.StartsWith(LabelPrefix, StringComparison.Ordinal)))
            labels.Add(new(key[LabelPrefix.Length..], query[key].ToString()));
    }

    /// <summary>Whether it is about a series.</summary>
    public bool Selects(Series series) =>
        Matches(series.Family.Name, name)
        && labels.All(wanted => series.Labels.Any(label => label.Key == wanted.Key && Matches(label.Value, wanted.Value)));

    /// <summary>A text, or its beginning with <c>*</c> behind.</summary>
    private static bool Matches(string text, string pattern) => pattern.EndsWith('*')
        ? text.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
        : text == pattern;
}
