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
    public static void Map(WebApplication app, DrainLoop drain, Receiver receiver, MetricsPage metrics)
    {
        PageFiles.Map(app);
        ActivityApi.Map(app, drain);
        MetricsApi.Map(app, metrics);
        app.MapGet("/healthz", (HttpContext context) => Answer(
            context, drain.IsAlive, "ok", "the drain thread does not move"));
        app.MapGet("/readyz", (HttpContext context) => Answer(
            context, drain.View.IsReady || drain.IsAlone, "ready",
            drain.View.Dataplane is null ? "no dataplane has shown up yet" : "the dataplane is silent"));
        app.MapGet("/api/v1/summary", (HttpContext context) => context.Response.WriteAsJsonAsync(
            Summaries.Of(drain.View, receiver, Boottime.Now), SummaryJson.Default.Summary, contentType: null, context.RequestAborted));
    }

    /// <summary>Answers a yes-or-no question, in a line.</summary>
    public static Task Answer(HttpContext context, bool isGood, string good, string bad)
    {
        context.Response.StatusCode = isGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync((isGood ? good : bad) + "\n", context.RequestAborted);
    }
}
