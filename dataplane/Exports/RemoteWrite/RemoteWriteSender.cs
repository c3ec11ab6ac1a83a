using System.Globalization;
using System.Net;
using Google.Protobuf;
using OppTel.Exports.Push;
using Snappier;

namespace OppTel.Exports.RemoteWrite;

/// <summary>Prometheus remote write. Talks version 2.0 until the receiver turns out not to know it.</summary>
internal sealed class RemoteWriteSender : ISender
{
    private const string Written = "X-Prometheus-Remote-Write-";

    private readonly RemoteWriteConfiguration configuration;
    private readonly SeriesExpansion expansion;
    private readonly HttpClient client;
    private readonly string agent;
    private bool isVersion2;
    private bool isCertain;

    /// <summary>A sender; nothing is connected yet.</summary>
    public RemoteWriteSender(RemoteWriteConfiguration configuration, string agent)
    {
        (this.configuration, this.agent) = (configuration, agent);
        expansion = new SeriesExpansion(configuration.Labels);
        client = new HttpClient(HttpConnection.CreateHandler(configuration.Http)) { Timeout = Timeout.InfiniteTimeSpan };
        isVersion2 = configuration.Version != RemoteWriteVersion.One;
        isCertain = configuration.Version != RemoteWriteVersion.Auto;
    }

    /// <inheritdoc/>
    public async Task<SendResult> Send(IReadOnlyList<MetricPoint> points, CancellationToken cancellation)
    {
        (SendResult result, bool isUnknownVersion) = await SendOnce(points, cancellation).ConfigureAwait(false);
        if (!isUnknownVersion || isCertain)
            return result;
        isVersion2 = false;
        (result, _) = await SendOnce(points, cancellation).ConfigureAwait(false);
        // What an old receiver refuses as well says nothing about the version.
        isVersion2 = result.Outcome == SendOutcome.Refused;
        isCertain = result.Outcome == SendOutcome.Sent;
        return result;
    }

    public void Dispose() => client.Dispose();

    private async Task<(SendResult Result, bool IsUnknownVersion)> SendOnce(IReadOnlyList<MetricPoint> points, CancellationToken cancellation)
    {
        (ByteArrayContent content, int samples, int histograms) = Encode(points);
        using HttpRequestMessage request = new(HttpMethod.Post, configuration.Http.Url) { Content = content };
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        request.Headers.Add("X-Prometheus-Remote-Write-Version", isVersion2 ? "2.0.0" : "0.1.0");
        foreach ((string name, string value) in HttpConnection.Headers(configuration.Http))
            request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        return isVersion2
            ? await Judge2(response, points.Count, samples, histograms, cancellation).ConfigureAwait(false)
            : (await Judge1(response, cancellation).ConfigureAwait(false), false);
    }

    /// <summary>Of version 1.0 only the status counts.</summary>
    private static async Task<SendResult> Judge1(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
            return new SendResult(SendOutcome.Sent);
        return new SendResult(
            IsLater(response.StatusCode) ? SendOutcome.Later : SendOutcome.Refused,
            Message: await HttpAnswers.Describe(response, cancellation).ConfigureAwait(false),
            RetryAfter: HttpAnswers.RetryAfter(response));
    }

    /// <summary>
    /// A receiver of version 2.0 says how much it wrote. One that says nothing is an older one, which found nothing in the message even
    /// where it answers that all is well.
    /// </summary>
    private async Task<(SendResult Result, bool IsUnknownVersion)> Judge2(
        HttpResponseMessage response, int points, int samples, int histograms, CancellationToken cancellation)
    {
        int? written = Count(response, "Samples-Written") is null && Count(response, "Histograms-Written") is null && Count(response, "Exemplars-Written") is null
            ? null
            : Math.Min(samples, Count(response, "Samples-Written") ?? 0) + Math.Min(histograms, Count(response, "Histograms-Written") ?? 0);
        if (IsLater(response.StatusCode))
            return (await Judge1(response, cancellation).ConfigureAwait(false), false);
        string message = await HttpAnswers.Describe(response, cancellation).ConfigureAwait(false);
        if (written is null)
        {
            bool isOld = response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.UnsupportedMediaType or HttpStatusCode.BadRequest;
            string hint = isOld ? "; it does not say what it wrote, so it does not know remote write 2.0: write protocol: 1.0" : "";
            return (new SendResult(SendOutcome.Refused, Message: message + hint), isOld);
        }

        isCertain = true;
        // A point that is many series is lost when one of them is; the share is as exact as it gets.
        int lost = (int)Math.Ceiling((double)points * (samples + histograms - written.Value) / Math.Max(1, samples + histograms));
        return (new SendResult(written == 0 && lost > 0 ? SendOutcome.Refused : SendOutcome.Sent, lost, message), false);
    }

    /// <summary>All that may go better next time; redirects are no answers here.</summary>
    private static bool IsLater(HttpStatusCode code) => (int)code >= 500 || code == HttpStatusCode.TooManyRequests;

    private static int? Count(HttpResponseMessage response, string what) =>
        response.Headers.TryGetValues(Written + what, out IEnumerable<string>? values)
        && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : null;

    private (ByteArrayContent Content, int Samples, int Histograms) Encode(IReadOnlyList<MetricPoint> points)
    {
        bool isNative = configuration.Histograms == HistogramForm.Native || (configuration.Histograms == HistogramForm.Auto && isVersion2);
        List<WrittenSeries> series = [.. expansion.Expand(points, isNative)];
        IMessage message = isVersion2 ? Encoder2.Encode(series) : Encoder1.Encode(series);
        // One block: the format with frames is not for this protocol.
        ByteArrayContent content = new(Snappy.CompressToArray(message.ToByteArray()));
        content.Headers.ContentEncoding.Add("snappy");
        // Exactly so: receivers compare texts.
        content.Headers.TryAddWithoutValidation("Content-Type", isVersion2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "application/x-protobuf");
        int histograms = series.Count(one => one.Histogram is not null);
        return (content, series.Count - histograms, histograms);
    }
}
