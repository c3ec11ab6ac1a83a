using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Aggregator.Exposition;
using OppTel.Exports;

namespace OppTel.Aggregator.Web;

/// <summary><c>GET /metrics</c>.</summary>
internal static class MetricsApi
{
    /// <summary>Maps the path.</summary>
    public static void Map(WebApplication app, MetricsPage page) =>
        app.MapGet("/metrics", (HttpContext context) => Write(context, page));

    private static async Task Write(HttpContext context, MetricsPage page)
    {
        HttpResponse response = context.Response;
        ExpositionFormat format = Negotiation.FormatOf(context.Request.Headers.Accept);
        bool gzip = Negotiation.TakesGzip(context.Request.Headers.AcceptEncoding);
        response.ContentType = format.ContentType;
        response.Headers.Vary = "Accept, Accept-Encoding";
        if (gzip)
            response.Headers.ContentEncoding = "gzip";
        try
        {
            if (await page.TryWriteTo(format, gzip, response.Body, context.RequestAborted).ConfigureAwait(false))
                return;
            response.Headers.Remove("Content-Encoding");
            response.Headers.RetryAfter = "1";
            await WebServer.Answer(context, isGood: false, "", "too many others are reading this page").ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Half a page is none.
            context.Abort();
        }
    }
}
