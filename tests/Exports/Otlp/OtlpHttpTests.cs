using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using OppTel.Exports.Otlp.Protocol;

namespace OppTel.Exports.Tests.Otlp;

/// <summary>OTLP over HTTP with a real server.</summary>
public sealed class OtlpHttpTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-exports-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task RequestsAreWhatTheProtocolSays()
    {
        await using TestReceiver receiver = await TestReceiver.Start((context, _, _) => Answer(context, 200));
        await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, protocol: http, interval: 1s, headers: {{X-Tenant: a}}}}]");
        await bed.Until(() => bed.Counters.Sent >= 12, "nothing is sent");
        Received request = receiver.Requests.First();
        Assert.Equal("/v1/metrics", request.Path);
        Assert.Equal(("application/x-protobuf", "gzip", "a"), (request.Headers["Content-Type"], request.Headers["Content-Encoding"], request.Headers["X-Tenant"]));
        Assert.Equal("opptel-aggregator/1.2.3", request.Headers["User-Agent"]);
        JsonElement decoded = Oracle.Decode(Unzip(request.Body));
        Assert.Equal(3, decoded.GetProperty("resourceMetrics").GetArrayLength());
        Assert.Equal((0, 0, 0L), (bed.Counters.Refused, bed.Counters.Dropped, bed.Counters.Failures));
        Assert.NotNull(bed.Counters.LastSuccess);
        Assert.Equal("Information: otlp_http to " + receiver.Url + "v1/metrics: works", Assert.Single(bed.Log.Lines));
    }

    [Fact]
    public async Task FailuresAreSentAgainLaterAndLoggedOnce()
    {
        int[] codes = [503, 429, 502, 504, 200];
        await using TestReceiver receiver = await TestReceiver.Start((context, _, number) => Answer(context, codes[Math.Min(number, 4)], number == 1 ? "1" : null));
        await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, protocol: http, interval: 1s, retry: 10ms, compression: none}}]");
        await bed.Until(() => bed.Counters.Sent >= 6, "it is not sent again");
        Received[] requests = [.. receiver.Requests.Take(5)];
        Assert.All(requests, request => Assert.Equal(requests[0].Body, request.Body));
        Assert.True(requests[2].Time - requests[1].Time > TimeSpan.FromSeconds(0.95), "Retry-After is not obeyed");
        Assert.Equal(4, bed.Counters.Failures);
        Assert.Equal(0, bed.Counters.Refused);
        Assert.Equal(2, bed.Log.Lines.Count);
        Assert.Contains("HTTP 503", bed.Log.Lines[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(413)]
    [InlineData(500)]
    [InlineData(302)]
    public async Task WhatIsRefusedForGoodIsNotSentAgain(int code)
    {
        await using TestReceiver receiver = await TestReceiver.Start(async (context, _, _) =>
        {
            context.Response.StatusCode = code;
            context.Response.ContentType = "application/x-protobuf";
            context.Response.Headers.Location = "http://127.0.0.1:1/";
            await context.Response.Body.WriteAsync(new Status { Message = "not so\n" }.ToByteArray());
        });
        await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, protocol: http, interval: 1s, retry: 10ms}}]");
        await bed.Until(() => bed.Counters.Refused >= 12, "it is not refused");
        Assert.Equal(0, bed.Counters.Sent);
        Assert.Equal(bed.Counters.Refused / 6, bed.Counters.Failures);
        Assert.Contains($"HTTP {code}: not so", Assert.Single(bed.Log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PointsThatWereNotTakenAreCounted()
    {
        byte[] partial = new ExportMetricsServiceResponse { PartialSuccess = new() { RejectedDataPoints = 2, ErrorMessage = "too old" } }.ToByteArray();
        await using TestReceiver receiver = await TestReceiver.Start(async (context, _, _) => await context.Response.Body.WriteAsync(partial));
        await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, protocol: http, interval: 1s}}]");
        await bed.Until(() => bed.Counters.Sent > 0, "nothing is sent");
        await bed.Until(() => bed.Counters.Refused > 0, "nothing is refused");
        Assert.Equal(0, bed.Counters.Sent % 4);
        Assert.Contains("2 points of 6 were not taken: too old", Assert.Single(bed.Log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatWaitsIsBoundedAndWhatIsDroppedIsCounted()
    {
        await using Bed bed = new("otlp: [{endpoint: 'http://127.0.0.1:1', protocol: http, interval: 1s, retry: 10ms, max_points: 2, max_queue: 4}]");
        await bed.Until(() => bed.Counters.Dropped >= 4, "nothing is dropped");
        Assert.InRange(bed.Counters.Waiting, 1, 4);
        Assert.Equal(0, bed.Counters.Sent);
        Assert.Null(bed.Counters.LastSuccess);
        Assert.Single(bed.Log.Lines);
    }

    [Fact]
    public async Task ASilentReceiverIsGivenUp()
    {
        await using TestReceiver receiver = await TestReceiver.Start((context, _, number) => number == 0 ? Task.Delay(30_000, context.RequestAborted) : Answer(context, 200));
        await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, protocol: http, interval: 1s, retry: 10ms, timeout: 200ms}}]");
        await bed.Until(() => bed.Counters.Sent >= 6, "it is not sent again");
        Assert.Contains("no answer within 0.2 s", bed.Log.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecretsAndCertificatesComeFromFiles()
    {
        (var certificate, string pem) = TestReceiver.CreateCertificate();
        using (certificate)
        {
            await using TestReceiver receiver = await TestReceiver.Start((context, _, _) => Answer(context, 200), certificate: certificate);
            string ca = Write("ca.pem", pem), token = Write("token", "first\n");
            await using (Bed untrusting = new($"otlp: [{{endpoint: {receiver.Url}, protocol: http, interval: 1s, retry: 10ms}}]"))
                await untrusting.Until(() => untrusting.Counters.Failures > 0, "it trusts anybody");
            Assert.Empty(receiver.Requests);
            await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, protocol: http, interval: 1s, ca_file: {ca}, bearer_token_file: {token}}}]");
            await bed.Until(() => !receiver.Requests.IsEmpty, "nothing arrives");
            Assert.Equal("Bearer first", receiver.Requests.First().Headers["Authorization"]);
            Write("token", "second");
            await bed.Until(() => receiver.Requests.Last().Headers["Authorization"] == "Bearer second", "the token stays");
        }
    }

    internal static byte[] Unzip(byte[] body)
    {
        using GZipStream gzip = new(new MemoryStream(body), CompressionMode.Decompress);
        using MemoryStream plain = new();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    private static async Task Answer(HttpContext context, int code, string? retryAfter = null)
    {
        context.Response.StatusCode = code;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        if (code != 200)
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("later"));
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
