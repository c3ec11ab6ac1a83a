using System.Text.Json;

namespace OppTel.Benchmarks;

/// <summary>How much faster one is than another, by the medians.</summary>
internal sealed record Ratio(string Name, string Peer, double TimesAsFast)
{
    /// <summary>The ratio of two figures.</summary>
    public static Ratio Of(IEnumerable<Figure> figures, string name, string peer) =>
        new(name, peer, figures.Single(figure => figure.Name == peer).Median / figures.Single(figure => figure.Name == name).Median);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {TimesAsFast:0.0#} times as fast as {Peer}";
}

/// <summary>How results are written.</summary>
internal static class JsonOptions
{
    /// <summary>Names in snake_case, as all JSON of the project.</summary>
    public static JsonSerializerOptions Written { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };
}
