using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Aggregator.Draining;
using OppTel.Aggregator.Exposition;
using OppTel.Segment;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Web;

/// <summary>The paths that are served.</summary>
internal static class WebServer
{
    /// <summary>Maps every path.</summary>
    public static void Map(WebApplication app, DrainLoop drain, Receiver receiver, MetricsPage metrics, RecorderSetup recorder)
    {
        recorder.Map(app);
        app.MapGet("/metrics", (HttpContext context) => WriteMetrics(context, metrics));
        app.MapGet("/healthz", (HttpContext context) => Answer(
            context, drain.IsAlive, "ok", "the drain thread does not move"));
        app.MapGet("/readyz", (HttpContext context) => Answer(
            context, drain.View.IsReady, "ready",
            drain.View.Dataplane is null ? "no dataplane has shown up yet" : "the dataplane is silent"));
        app.MapGet("/api/v1/summary", (HttpContext context) => context.Response.WriteAsJsonAsync(
            Summaries.Of(drain.View, receiver, Boottime.Now), SummaryJson.Default.Summary, contentType: null, context.RequestAborted));
    }

    private static async Task WriteMetrics(HttpContext context, MetricsPage metrics)
    {
        context.Response.ContentType = MetricsPage.ContentType;
        try
        {
            if (await metrics.TryWriteTo(context.Response.Body, context.RequestAborted).ConfigureAwait(false))
                return;
            context.Response.Headers.RetryAfter = "1";
            await Answer(context, isGood: false, "", "too many others are reading this page").ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Half a page is none.
            context.Abort();
        }
    }

    private static Task Answer(HttpContext context, bool isGood, string good, string bad)
    {
        context.Response.StatusCode = isGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync((isGood ? good : bad) + "\n", context.RequestAborted);
    }
}
