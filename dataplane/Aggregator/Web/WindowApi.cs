using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Configuration;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Telemetry.Distributions;
using OppTel.Telemetry.Windows;

namespace OppTel.Aggregator.Web;

/// <summary><c>/api/v1/windows</c> and <c>/api/v1/distributions</c>: what series did within the windows that ended last.</summary>
internal sealed class WindowApi
{
    private readonly UnixClock clock = UnixClock.Instance;
    private readonly SeriesTable table;
    private readonly DistributionSet distributions;
    private readonly ulong silence;

    private WindowApi(SeriesTable table, DistributionSet distributions, ulong silence)
    {
        this.table = table;
        this.distributions = distributions;
        this.silence = silence;
    }

    /// <summary>Maps the paths.</summary>
    /// <param name="app">Where to.</param>
    /// <param name="table">All series.</param>
    /// <param name="distributions">Of some of them.</param>
    /// <param name="silence">Silence after which a host's series are left out, in nanoseconds.</param>
    public static void Map(WebApplication app, SeriesTable table, DistributionSet distributions, ulong silence)
    {
        WindowApi api = new(table, distributions, silence);
        app.MapGet("/api/v1/windows", (HttpContext context) => RequestErrors.Guard(context, api.AnswerWindows));
        app.MapGet("/api/v1/distributions", (HttpContext context) => RequestErrors.Guard(context, api.AnswerDistributions));
    }

    private Task AnswerWindows(HttpContext context)
    {
        WindowRequest request = Read(context, "1s", "10s", "60s");
        WindowSpan span = request.Span!.Value;
        ulong now = Boottime.Now, length = span.Seconds() * WindowSpans.Nanoseconds;
        Series[] found = Choose(
            table.Snapshot.Where(series => series.Family.Kind != Catalog.Metric.Types.Kind.HistogramBucket), series => series, request, now);
        WindowAnswer answer = new(
            span.Seconds(), UnixSeconds(now / length * length), found.Length > request.Selector.Limit,
            [.. found.Take(request.Selector.Limit).Select(series => Describe(series, series.ReadWindow(span, now), now))]);
        return Write(context, answer, WindowJson.Default.WindowAnswer);
    }

    private Task AnswerDistributions(HttpContext context)
    {
        WindowRequest request = Read(context, "1s", "10s", "60s", "all");
        Distribution[] found = Choose(distributions.Snapshot(), distribution => distribution.Series, request, Boottime.Now);
        DistributionAnswer answer = new(
            request.Span?.Seconds(), found.Length > request.Selector.Limit,
            found.Take(request.Selector.Limit).Select(entry => new DistributionSeries(
                entry.Series.Family.Name, LabelsOf(entry.Series), WindowsOf(entry, request).Select(Describe))));
        return Write(context, answer, WindowJson.Default.DistributionAnswer);
    }

    /// <summary>One more than asked for, if there are more, in the order of their keys.</summary>
    private T[] Choose<T>(IEnumerable<T> all, Func<T, Series> seriesOf, WindowRequest request, ulong now) =>
    [
        .. all.Where(entry => request.Selector.Selects(seriesOf(entry)) && seriesOf(entry).StateAt(now, silence) != SeriesState.Stale)
            .OrderBy(entry => seriesOf(entry).Key, StringComparer.Ordinal).Take(request.Selector.Limit + 1),
    ];

    private IEnumerable<DistributionWindow> WindowsOf(Distribution distribution, WindowRequest request)
    {
        if (request.Span is { } span)
            return distributions.Windows(distribution, span, request.Count);
        return distributions.All(distribution) is { Count: > 0 } all ? [all] : [];
    }

    private WindowSeries Describe(Series series, SeriesWindow window, ulong now) => new(
        series.Family.Name, Spelling.SnakeCase(series.Family.Kind.ToString()), Spelling.SnakeCase(series.StateAt(now, silence).ToString()),
        LabelsOf(series), window.Records, Finite(window.Min), Finite(window.Max), Finite(window.Mean), Finite(window.Last), Finite(window.Rate));

    private DistributionWindowAnswer Describe(DistributionWindow window) => new(
        UnixSeconds(window.End), window.Count, Finite(window.Sum), window.Min, window.Max, window.Scale, window.ZeroCount,
        new BucketAnswer(window.Positive.Offset, window.Positive.Counts), new BucketAnswer(window.Negative.Offset, window.Negative.Counts));

    private static Dictionary<string, string> LabelsOf(Series series) => new(series.Labels);

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private double UnixSeconds(ulong boottime) => ((long)boottime + clock.Difference) / 1e9;

    private WindowRequest Read(HttpContext context, params string[] windows) =>
        WindowRequest.Read(new RequestParameters(context.Request.Query, (long)Boottime.Now + clock.Difference), windows);

    private static Task Write<T>(HttpContext context, T answer, JsonTypeInfo<T> type) =>
        context.Response.WriteAsJsonAsync(answer, type, contentType: null, context.RequestAborted);
}
