using System.Buffers.Binary;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OppTel.Exports.Otlp.Protocol;
using Status = OppTel.Exports.Otlp.Protocol.Status;

namespace OppTel.Exports.Tests.Otlp;

/// <summary>OTLP over gRPC with a server that is written from gRPC's specification.</summary>
public class OtlpGrpcTests
{
    private const int ResourceExhausted = 8, Unavailable = 14, InvalidArgument = 3;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RequestsAreWhatTheProtocolSays(bool isEncrypted)
    {
        (var certificate, string pem) = TestReceiver.CreateCertificate();
        string ca = Path.GetTempFileName();
        File.WriteAllText(ca, pem);
        using (certificate)
        {
            await using TestReceiver receiver = await TestReceiver.Start((context, _, _) => Answer(context, new ExportMetricsServiceResponse()), HttpProtocols.Http2, isEncrypted ? certificate : null);
            await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, interval: 1s, headers: {{x-tenant: a}}{(isEncrypted ? $", ca_file: {ca}" : "")}}}]");
            await bed.Until(() => bed.Counters.Sent >= 6, "nothing is sent");
            Received request = receiver.Requests.First();
            Assert.Equal("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", request.Path);
            Assert.Equal(("application/grpc", "gzip", "a"), (request.Headers["Content-Type"], request.Headers["grpc-encoding"], request.Headers["x-tenant"]));
            Assert.Equal(1, request.Body[0]);
            Assert.Equal(request.Body.Length - 5, BinaryPrimitives.ReadInt32BigEndian(request.Body.AsSpan(1)));
            Assert.Equal(3, Oracle.Decode(OtlpHttpTests.Unzip(request.Body[5..])).GetProperty("resourceMetrics").GetArrayLength());
            Assert.Equal((0L, 0L), (bed.Counters.Refused, bed.Counters.Failures));
        }

        File.Delete(ca);
    }

    [Fact]
    public async Task FailuresAreSentAgainWhenTheServerWantsIt()
    {
        await using TestReceiver receiver = await TestReceiver.Start(
            (context, _, number) => number switch
            {
                0 => Fail(context, Unavailable, "busy"),
                1 => Fail(context, ResourceExhausted, "slow down", TimeSpan.FromSeconds(1)),
                _ => Answer(context, new ExportMetricsServiceResponse()),
            },
            HttpProtocols.Http2);
        await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, interval: 1s, retry: 10ms, compression: none}}]");
        await bed.Until(() => bed.Counters.Sent >= 6, "it is not sent again");
        Received[] requests = [.. receiver.Requests.Take(3)];
        Assert.All(requests, request => Assert.Equal(requests[0].Body, request.Body));
        Assert.True(requests[2].Time - requests[1].Time > TimeSpan.FromSeconds(0.95), "RetryInfo is not obeyed");
        Assert.Equal((2L, 0L), (bed.Counters.Failures, bed.Counters.Refused));
        Assert.Contains("gRPC Unavailable: busy", bed.Log.Lines[0], StringComparison.Ordinal);
        Assert.Equal(2, bed.Log.Lines.Count);
    }

    [Theory]
    [InlineData(InvalidArgument)]
    [InlineData(ResourceExhausted)]
    public async Task WhatIsRefusedForGoodIsNotSentAgain(int code)
    {
        await using TestReceiver receiver = await TestReceiver.Start((context, _, _) => Fail(context, code, "no"), HttpProtocols.Http2);
        await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, interval: 1s, retry: 10ms}}]");
        await bed.Until(() => bed.Counters.Refused >= 12, "it is not refused");
        Assert.Equal(bed.Counters.Refused / 6, bed.Counters.Failures);
        Assert.Single(bed.Log.Lines);
    }

    [Fact]
    public async Task PointsThatWereNotTakenAreCounted()
    {
        ExportMetricsServiceResponse partial = new() { PartialSuccess = new() { RejectedDataPoints = 6, ErrorMessage = "none of it" } };
        await using TestReceiver receiver = await TestReceiver.Start((context, _, _) => Answer(context, partial), HttpProtocols.Http2);
        await using Bed bed = new($"otlp: [{{endpoint: {receiver.Url}, interval: 1s}}]");
        await bed.Until(() => bed.Counters.Refused >= 6, "nothing is refused");
        Assert.Equal(0, bed.Counters.Sent);
        Assert.Contains("none of it", Assert.Single(bed.Log.Lines), StringComparison.Ordinal);
    }

    private static async Task Answer(HttpContext context, IMessage message)
    {
        byte[] body = message.ToByteArray(), frame = new byte[5 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), body.Length);
        body.CopyTo(frame, 5);
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.WriteAsync(frame);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static async Task Fail(HttpContext context, int code, string message, TimeSpan? delay = null)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync();
        context.Response.AppendTrailer("grpc-status", $"{code}");
        context.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(message));
        if (delay is not { } wait)
            return;
        Status status = new() { Code = code, Details = { new Any { TypeUrl = "type.googleapis.com/google.rpc.RetryInfo", Value = new RetryInfo { RetryDelay = Duration.FromTimeSpan(wait) }.ToByteString() } } };
        context.Response.AppendTrailer("grpc-status-details-bin", Convert.ToBase64String(status.ToByteArray()).TrimEnd('='));
    }
}
