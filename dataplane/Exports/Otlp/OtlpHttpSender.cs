using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using OppTel.Exports.Otlp.Protocol;
using OppTel.Exports.Push;

namespace OppTel.Exports.Otlp;

/// <summary>OTLP in HTTP requests.</summary>
internal sealed class OtlpHttpSender : ISender
{
    private const string Protobuf = "application/x-protobuf";
    private const int MaxAnswer = 64 << 10;

    private readonly OtlpConfiguration configuration;
    private readonly OtlpEncoder encoder;
    private readonly HttpClient client;
    private readonly string agent;

    /// <summary>A sender; nothing is connected yet.</summary>
    public OtlpHttpSender(OtlpConfiguration configuration, OtlpEncoder encoder, string agent)
    {
        (this.configuration, this.encoder, this.agent) = (configuration, encoder, agent);
        client = new HttpClient(HttpConnection.CreateHandler(configuration.Http)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <inheritdoc/>
    public async Task<SendResult> Send(IReadOnlyList<MetricPoint> points, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, configuration.Http.Url) { Content = ContentOf(encoder.Encode(points)) };
        request.Headers.Add("User-Agent", agent);
        foreach ((string name, string value) in HttpConnection.Headers(configuration.Http))
            request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return Judge(await HttpAnswers.ReadStart(response, MaxAnswer, cancellation).ConfigureAwait(false), points.Count);
        // Only these mean that the same request may work later.
        bool isLater = response.StatusCode
            is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
        return new SendResult(
            isLater ? SendOutcome.Later : SendOutcome.Refused,
            Message: await Describe(response, cancellation).ConfigureAwait(false),
            RetryAfter: HttpAnswers.RetryAfter(response));
    }

    public void Dispose() => client.Dispose();

    /// <summary>What a successful answer says of points that were not taken.</summary>
    internal static SendResult Judge(byte[] answer, int points)
    {
        try
        {
            return Judge(ExportMetricsServiceResponse.Parser.ParseFrom(answer), points);
        }
        catch (InvalidProtocolBufferException)
        {
            // Taken is taken, in whatever words.
            return new SendResult(SendOutcome.Sent);
        }
    }

    internal static SendResult Judge(ExportMetricsServiceResponse answer, int points)
    {
        long rejected = answer.PartialSuccess?.RejectedDataPoints ?? 0;
        return new SendResult(SendOutcome.Sent, (int)Math.Clamp(rejected, 0, points), answer.PartialSuccess?.ErrorMessage);
    }

    private ByteArrayContent ContentOf(ExportMetricsServiceRequest message)
    {
        using MemoryStream body = new();
        if (configuration.IsCompressed)
        {
            using GZipStream gzip = new(body, CompressionLevel.Fastest, leaveOpen: true);
            message.WriteTo(gzip);
        }
        else
        {
            message.WriteTo(body);
        }

        ByteArrayContent content = new(body.GetBuffer(), 0, (int)body.Length);
        content.Headers.ContentType = new MediaTypeHeaderValue(Protobuf);
        if (configuration.IsCompressed)
            content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    /// <summary>The body of a refusal is a message with the reason, or whatever stands before the receiver has to say.</summary>
    private static async Task<string> Describe(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentType?.MediaType != Protobuf)
            return await HttpAnswers.Describe(response, cancellation).ConfigureAwait(false);
        byte[] body = await HttpAnswers.ReadStart(response, MaxAnswer, cancellation).ConfigureAwait(false);
        string status = $"HTTP {(int)response.StatusCode}";
        try
        {
            return $"{status}: {Status.Parser.ParseFrom(body).Message}";
        }
        catch (InvalidProtocolBufferException)
        {
            return status;
        }
    }
}
