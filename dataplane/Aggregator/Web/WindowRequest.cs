using OppTel.Telemetry.Windows;

namespace OppTel.Aggregator.Web;

/// <summary>What a request for windows asks for.</summary>
/// <param name="Selector">Of which series.</param>
/// <param name="Span">Length of the windows; null for all since the start.</param>
/// <param name="Limit">Series at most.</param>
/// <param name="Count">Windows of each at most.</param>
internal sealed record WindowRequest(SeriesSelector Selector, WindowSpan? Span, int Limit, int Count)
{
    private const int MostSeries = 10_000;
    private const int MostWindows = 3600;

    /// <summary>Reads a request.</summary>
    /// <param name="parameters">Of the request.</param>
    /// <param name="isAllPossible">Whether <c>window=all</c> is.</param>
    /// <exception cref="RequestException">It cannot be answered.</exception>
    public static WindowRequest Read(RequestParameters parameters, bool isAllPossible) => new(
        new SeriesSelector(parameters), ReadSpan(parameters.Text("window"), isAllPossible), parameters.Integer("limit", 100, 1, MostSeries),
        parameters.Integer("count", 1, 1, MostWindows));

    private static WindowSpan? ReadSpan(string? text, bool isAllPossible) => text switch
    {
        "1s" => WindowSpan.Second,
        null or "10s" => WindowSpan.TenSeconds,
        "60s" or "1m" => WindowSpan.Minute,
        "all" when isAllPossible => null,
        _ => throw new RequestException($"window={text} is not one of 1s, 10s, 60s{(isAllPossible ? ", all" : "")}"),
    };
}
