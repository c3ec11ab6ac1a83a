namespace OppTel.Aggregator.Web;

/// <summary>Which series a request is about: <c>name=</c>, <c>host=</c> and <c>label.NAME=</c>, all of which have to hold.</summary>
internal sealed class SeriesSelector
{
    private const string LabelPrefix = "label.";
    private readonly string? name;
    private readonly List<KeyValuePair<string, string>> labels = [];

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
    }

    /// <summary>Whether there are series that are not selected.</summary>
    public bool IsSelective => name is not null || labels.Count > 0;

    /// <summary>Whether it is about a series.</summary>
    /// <param name="family">The name of its metric.</param>
    /// <param name="present">Its labels, the host's included.</param>
    public bool Selects(string family, IReadOnlyList<KeyValuePair<string, string>> present) =>
        (name is null || Fits(family, name)) && labels.TrueForAll(wanted => Has(present, wanted));

    private static bool Has(IReadOnlyList<KeyValuePair<string, string>> present, KeyValuePair<string, string> wanted) =>
        present.FirstOrDefault(label => label.Key == wanted.Key).Value is { } value && Fits(value, wanted.Value);

    /// <summary>A text, or its beginning with <c>*</c> behind.</summary>
    private static bool Fits(string text, string pattern) => pattern.EndsWith('*')
        ? text.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
        : text == pattern;
}
