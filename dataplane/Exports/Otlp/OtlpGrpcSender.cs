using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using OppTel.Exports.Otlp.Protocol;
using OppTel.Exports.Push;

namespace OppTel.Exports.Otlp;

/// <summary>OTLP over gRPC: over HTTP/2 from the first byte for http, over TLS for https.</summary>
internal sealed class OtlpGrpcSender : ISender
{
    /// <summary>The channel waits by itself before it connects again; requests do so already.</summary>
    private static readonly TimeSpan LongestReconnect = TimeSpan.FromSeconds(5);

    private readonly OtlpConfiguration configuration;
    private readonly OtlpEncoder encoder;
    private readonly GrpcChannel channel;
    private readonly MetricsService.MetricsServiceClient client;
    private readonly string agent;

    /// <summary>A sender; nothing is connected yet.</summary>
    public OtlpGrpcSender(OtlpConfiguration configuration, OtlpEncoder encoder, string agent)
    {
        (this.configuration, this.encoder, this.agent) = (configuration, encoder, agent);
        channel = GrpcChannel.ForAddress(configuration.Http.Url, new GrpcChannelOptions
        {
            HttpHandler = HttpConnection.CreateHandler(configuration.Http),
            DisposeHttpClient = true,
            MaxReconnectBackoff = LongestReconnect,
        });
        client = new MetricsService.MetricsServiceClient(channel);
    }

    /// <inheritdoc/>
    public async Task<SendResult> Send(IReadOnlyList<MetricPoint> points, CancellationToken cancellation)
    {
        Metadata headers = new() { { "User-Agent", agent } };
        foreach ((string name, string value) in HttpConnection.Headers(configuration.Http))
            headers.Add(name, value);
        // What the client library calls this header; it does not leave.
        if (configuration.IsCompressed)
            headers.Add("grpc-internal-encoding-request", "gzip");
        try
        {
            return OtlpHttpSender.Judge(await client.ExportAsync(encoder.Encode(points), headers, cancellationToken: cancellation).ConfigureAwait(false), points.Count);
        }
        catch (RpcException exception) when (!cancellation.IsCancellationRequested)
        {
            TimeSpan? asked = RetryDelay(exception.Trailers);
            bool isLater = IsLater(exception.StatusCode, asked is not null);
            string cause = exception.Status.DebugException is { } inner ? $" ({inner.GetBaseException().Message})" : "";
            return new SendResult(
                isLater ? SendOutcome.Later : SendOutcome.Refused, Message: $"gRPC {exception.StatusCode}: {exception.Status.Detail}{cause}", RetryAfter: asked);
        }
        catch (RpcException exception)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellation);
        }
    }

    public void Dispose() => channel.Dispose();

    /// <summary>As the protocol lists them. An exhausted resource is a matter of time only when the server says so.</summary>
    internal static bool IsLater(StatusCode code, bool hasDelay) => code switch
    {
        StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.Aborted or StatusCode.OutOfRange or StatusCode.Unavailable or StatusCode.DataLoss => true,
        StatusCode.ResourceExhausted => hasDelay,
        _ => false,
    };

    /// <summary>The delay that details of a failure ask for.</summary>
    internal static TimeSpan? RetryDelay(Metadata trailers)
    {
        try
        {
            if (trailers.GetValueBytes("grpc-status-details-bin") is not { } details)
                return null;
            foreach (Google.Protobuf.WellKnownTypes.Any detail in Protocol.Status.Parser.ParseFrom(details).Details)
            {
                if (detail.TypeUrl.EndsWith("/google.rpc.RetryInfo", StringComparison.Ordinal))
                    return RetryInfo.Parser.ParseFrom(detail.Value).RetryDelay?.ToTimeSpan();
            }
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidOperationException or ArgumentException)
        {
            // Details that nobody can read ask for nothing.
        }

        return null;
    }
}
