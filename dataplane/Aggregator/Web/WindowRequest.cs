using OppTel.Telemetry.Windows;

namespace OppTel.Aggregator.Web;

/// <summary>What a request for windows asks for.</summary>
/// <param name="Selector">Of which series.</param>
/// <param name="Span">Length of the windows; null for all since the start.</param>
/// <param name="Count">Windows of each series at most.</param>
internal sealed record WindowRequest(SeriesSelector Selector, WindowSpan? Span, int Count)
{
    private const int MostWindows = 3600;

    /// <summary>Reads a request.</summary>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="windows">What can be asked for.</param>
    public static WindowRequest Read(RequestParameters parameters, params IReadOnlyCollection<string> windows)
    {
        string window = parameters.Text("window") ?? "10s";
        if (!windows.Contains(window))
            throw new RequestException($"window={window} is not one of {string.Join(", ", windows)}");
        WindowSpan? span = window switch
        {
            "1s" => WindowSpan.Second,
            "10s" => WindowSpan.TenSeconds,
            "60s" => WindowSpan.Minute,
            _ => null,
        };
        return new WindowRequest(new SeriesSelector(parameters), span, parameters.Integer("count", 1, 1, MostWindows));
    }
}
