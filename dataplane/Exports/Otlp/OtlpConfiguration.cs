using OppTel.Configuration;
using OppTel.Exports.Push;

namespace OppTel.Exports.Otlp;

/// <summary>What carries OTLP.</summary>
internal enum OtlpProtocol
{
    /// <summary>gRPC over HTTP/2, with or without TLS.</summary>
    Grpc = 0,

    /// <summary>Protobuf in HTTP requests.</summary>
    Http = 1,
}

/// <summary>One entry of <c>otlp</c>.</summary>
/// <param name="Http">Where it listens.</param>
/// <param name="Push">How often, how much.</param>
/// <param name="Protocol">What carries it.</param>
/// <param name="IsCompressed">By gzip.</param>
internal sealed record OtlpConfiguration(HttpSettings Http, PushSettings Push, OtlpProtocol Protocol, bool IsCompressed)
{
    private const string MetricsPath = "/v1/metrics";

    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Type", "Content-Encoding", "Content-Length", "User-Agent", "Host", "TE", "Transfer-Encoding", "Connection",
        "grpc-encoding", "grpc-timeout", "grpc-accept-encoding",
    };

    /// <summary>Reads one target.</summary>
    public static OtlpConfiguration Read(ConfigurationSection section)
    {
        OtlpConfiguration read = new(
            HttpSettings.Read(section, "endpoint", Reserved),
            PushSettings.Read(section),
            section.Choice("protocol", OtlpProtocol.Grpc),
            section.Choice("compression", OtlpCompression.Gzip) == OtlpCompression.Gzip);
        if (read.Protocol == OtlpProtocol.Grpc && read.Http.Url.AbsolutePath != "/")
            section.Report("endpoint", $"gRPC knows no path such as {read.Http.Url.AbsolutePath}; leave it out, or write protocol: http");
        return read.Protocol == OtlpProtocol.Http && read.Http.Url.AbsolutePath == "/"
            ? read with { Http = read.Http with { Url = new Uri(read.Http.Url, MetricsPath) } }
            : read;
    }

    private enum OtlpCompression
    {
        Gzip = 0,
        None = 1,
    }
}
