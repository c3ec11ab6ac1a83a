using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace OppTel.Aggregator.Web;

/// <summary>Answers of requests that cannot be answered as they are.</summary>
internal static class RequestErrors
{
    /// <summary>Handles a request; a <see cref="RequestException"/> becomes its answer.</summary>
    public static async Task Guard(HttpContext context, Func<HttpContext, Task> handler)
    {
        try
        {
            await handler(context).ConfigureAwait(false);
        }
        catch (RequestException exception) when (!context.Response.HasStarted)
        {
            await Write(context, exception.Status, exception.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Who asked is gone.
            context.Abort();
        }
    }

    /// <summary>Says what is wrong.</summary>
    public static async Task Write(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = AnswerWriter.ContentType;
        using MemoryStream text = new();
        using (Utf8JsonWriter writer = new(text, AnswerWriter.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("error", message);
            writer.WriteEndObject();
        }

        await context.Response.Body.WriteAsync(text.GetBuffer().AsMemory(0, (int)text.Length), context.RequestAborted).ConfigureAwait(false);
    }
}
