using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers.Actions;

/// <summary>Posts an event as JSON; over TLS the server's certificate has to be one that the system trusts.</summary>
/// <param name="rule">Where to.</param>
/// <param name="backOff">Wait before the second attempt; twice as long before each further one.</param>
internal sealed class WebhookAction(WebhookRule rule, TimeSpan backOff) : ITriggerAction, IDisposable
{
    /// <summary>Most attempts.</summary>
    public const int Attempts = 4;

    private readonly HttpClient client = new(new SocketsHttpHandler
    {
        // Where to is for the operator to say; so is through what.
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = 1,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Wait before the second attempt.</summary>
    public static TimeSpan DefaultBackOff { get; } = TimeSpan.FromMilliseconds(250);

    public string Kind => rule.Kind;

    /// <summary>A path can hold a secret: messages go without it.</summary>
    private string Where => $"{rule.Url.Scheme}://{rule.Url.Authority}";

    public async Task Run(TriggerEvent happened, CancellationToken cancellation)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(WebhookBody.Of(happened), WebhookJson.Default.WebhookBody);
        TimeSpan wait = backOff;
        for (int attempt = 1; ; attempt++)
        {
            (bool isFinal, string? problem) = await Post(body, cancellation).ConfigureAwait(false);
            if (problem is null)
                return;
            if (isFinal || attempt == Attempts)
                throw new TriggerActionException($"{Where}: {problem}{(attempt > 1 ? $" at each of {attempt} attempts" : "")}");
            await Task.Delay(wait, cancellation).ConfigureAwait(false);
            wait *= 2;
        }
    }

    public void Dispose() => client.Dispose();

    /// <summary>One attempt: what is wrong, null for nothing, and whether another one is of no use.</summary>
    private async Task<(bool IsFinal, string? Problem)> Post(byte[] body, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(rule.Timeout);
        try
        {
            using ByteArrayContent content = new(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using HttpRequestMessage request = new(HttpMethod.Post, rule.Url) { Content = content };
            using HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return (true, null);
            bool isPassing = (int)answer.StatusCode >= 500 || answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;
            return (!isPassing, $"answered {(int)answer.StatusCode}");
        }
        catch (HttpRequestException exception)
        {
            return (false, exception.InnerException?.Message ?? exception.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (false, $"no answer within {rule.Timeout.TotalSeconds:0.###} s");
        }
    }
}
