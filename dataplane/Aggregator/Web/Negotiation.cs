using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using OppTel.Exports;

namespace OppTel.Aggregator.Web;

/// <summary>Which answer a client prefers, by its <c>Accept</c> headers (RFC 9110).</summary>
internal static class Negotiation
{
    /// <summary>
    /// The format that a scraper ranks highest among those that are written; of equal ranks the one that it names first. Whoever accepts none
    /// of them gets text, as from every other exporter.
    /// </summary>
    public static ExpositionFormat FormatOf(StringValues accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out IList<MediaTypeHeaderValue>? ranges))
            return ExpositionFormat.PrometheusText;
        return ranges.Where(range => range.Quality is null or > 0).OrderByDescending(range => range.Quality ?? 1)
            .Select(FormatOf).FirstOrDefault(format => format is not null) ?? ExpositionFormat.PrometheusText;
    }

    /// <summary>Whether an answer may be compressed.</summary>
    public static bool TakesGzip(StringValues acceptEncoding) =>
        StringWithQualityHeaderValue.TryParseList(acceptEncoding, out IList<StringWithQualityHeaderValue>? codings)
        && codings.Any(coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality is null or > 0);

    private static ExpositionFormat? FormatOf(MediaTypeHeaderValue range)
    {
        string? Parameter(string name) => range.Parameters.FirstOrDefault(parameter => parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            is { } found ? HeaderUtilities.RemoveQuotes(found.Value).ToString() : null;
        return range.MediaType.ToString().ToLowerInvariant() switch
        {
            "application/vnd.google.protobuf" => Parameter("proto") == "io.prometheus.client.MetricFamily" && Parameter("encoding") == "delimited"
                ? ExpositionFormat.Protobuf : null,
            "application/openmetrics-text" => Parameter("version") is null or "1.0.0" ? ExpositionFormat.OpenMetrics : null,
            "text/plain" => Parameter("version") is null or "0.0.4" ? ExpositionFormat.PrometheusText : null,
            "text/*" or "*/*" => ExpositionFormat.PrometheusText,
            _ => null,
        };
    }
}
