using System.Globalization;
using Microsoft.AspNetCore.Http;
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

    /// <summary>Reads a query; null when it cannot be answered.</summary>
    /// <param name="query">Its keys and values.</param>
    /// <param name="isAllPossible">Whether <c>window=all</c> is.</param>
    /// <param name="problem">What is wrong, and what would be right.</param>
    public static WindowRequest? Read(IQueryCollection query, bool isAllPossible, out string problem)
    {
        string window = query["window"].ToString();
        WindowSpan? span = window switch
        {
            "1s" => WindowSpan.Second,
            "" or "10s" => WindowSpan.TenSeconds,
            "60s" or "1m" => WindowSpan.Minute,
            _ => null,
        };
        problem = span is not null || (isAllPossible && window == "all")
            ? ""
            : $"window '{window}' is not one of 1s, 10s, 60s{(isAllPossible ? ", all" : "")}";
        int limit = Number(query, "limit", 100, MostSeries, ref problem), count = Number(query, "count", 1, MostWindows, ref problem);
        return problem.Length == 0 ? new WindowRequest(new SeriesSelector(query), span, limit, count) : null;
    }

    private static int Number(IQueryCollection query, string key, int fallback, int most, ref string problem)
    {
        string text = query[key].ToString();
        if (text.Length == 0)
            return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 && number <= most)
            return number;
        problem = $"{key} '{text}' is not a whole number from 1 to {most}";
        return fallback;
    }
}
