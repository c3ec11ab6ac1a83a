using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Http;
using OppTel.Sketches;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.RemoteWrite;

/// <summary>Remote write with real servers that answer as receivers of either version do.</summary>
public class RemoteWriteTests
{
    [Fact]
    public async Task Version2IsWhatTheSpecificationSays()
    {
        await using TestReceiver receiver = await TestReceiver.Start((context, request, _) => Write2(context, request));
        await using Bed bed = new($"remote_write: [{{url: {receiver.Url}, interval: 1s, labels: {{cluster: c1, host: nobody}}}}]");
        await bed.Until(() => bed.Counters.Sent >= 12, "nothing is sent");
        IReadOnlyList<ReadSeries> series = Version2Reader.Read(receiver.Requests.First());
        ReadSeries time = series.Single(one => one.Name == "process_cpu_time_seconds_total");
        Assert.Equal(("alpha", "42", "c1"), (time.Labels["host"], time.Labels["process_pid"], time.Labels["cluster"]));
        Assert.Equal((1.5, 0), (Assert.Single(time.Samples).Value, time.Samples[0].Start));
        Assert.Equal((1ul, "Help of process_cpu_time_seconds_total.", "seconds"), (time.Type, time.Help, time.Unit));
        Assert.Equal(
            [("0.001", 5d), ("0.01", 8), ("+Inf", 9)],
            series.Where(one => one.Name == "opptel_runqueue_wait_seconds_bucket").Select(one => (one.Labels["le"], one.Samples[0].Value)));
        Assert.Equal(9, series.Single(one => one.Name == "opptel_runqueue_wait_seconds_count").Samples[0].Value);
        Assert.Equal(0.25, series.Single(one => one.Name == "opptel_runqueue_wait_seconds_sum").Samples[0].Value);
        ReadSeries age = series.Single(one => one.Name == "opptel_record_age_seconds");
        Assert.Equal((5ul, 1ul, 1), (Assert.Single(age.Histograms).Count, age.Histograms[0].ZeroCount, age.Exemplars));
        Assert.Equal(10, series.Count);
        Assert.Equal((0L, 0L), (bed.Counters.Refused, bed.Counters.Failures));
    }

    [Fact]
    public void ANativeHistogramIsTheSameHistogram() => Gen.Double[-1e6, 1e6].Array[0, 80].Sample(values =>
    {
        ExponentialHistogram sketch = Points.Sketch(values);
        AssertSame(sketch.PositiveOffset, sketch.PositiveCounts, sketch.Scale);
        AssertSame(sketch.NegativeOffset, sketch.NegativeCounts, sketch.Scale);
    }, iter: 300);

    [Fact]
    public async Task AnEndedSeriesGetsTheMarkerOnce()
    {
        int collections = 0;
        await using TestReceiver receiver = await TestReceiver.Start((context, request, _) => Write2(context, request));
        await using Bed bed = new($"remote_write: [{{url: {receiver.Url}, interval: 1s}}]", writer =>
        {
            if (Interlocked.Increment(ref collections) == 1)
                Points.ComposeAll(writer);
            writer.Begin(Points.Family("stays", Kind.Gauge));
            writer.Sample(1);
        });
        await bed.Until(() => receiver.Requests.Count >= 3, "too few requests");
        IReadOnlyList<ReadSeries>[] requests = [.. receiver.Requests.Take(3).Select(Version2Reader.Read)];
        Assert.Equal([11, 11, 1], requests.Select(request => request.Count));
        foreach (ReadSeries series in requests[1].Where(series => series.Name != "stays"))
        {
            double marker = series.Histograms.Count > 0 ? series.Histograms[0].Sum : series.Samples[0].Value;
            Assert.Equal(0x7ff0000000000002ul, BitConverter.DoubleToUInt64Bits(marker));
        }

        Assert.Equal(requests[0].Select(Identity).Order(), requests[1].Select(Identity).Order());
    }

    [Fact]
    public async Task StartTimesAreThoseThatAreKnown()
    {
        await using TestReceiver receiver = await TestReceiver.Start((context, request, _) => Write2(context, request));
        int value = 10;
        await using Bed bed = new($"remote_write: [{{url: {receiver.Url}, interval: 1s}}]", writer =>
        {
            writer.Begin(Points.Family("falls_total", Kind.Counter));
            writer.Sample(--value);
        });
        await bed.Until(() => receiver.Requests.Count >= 2, "too few requests");
        (double Value, long Time, long Start)[] samples = [.. receiver.Requests.Take(2).Select(request => Version2Reader.Read(request)[0].Samples[0])];
        Assert.Equal(0, samples[0].Start);
        Assert.Equal(samples[0].Time, samples[1].Start);
    }

    [Theory]
    [InlineData(415)]
    [InlineData(400)]
    [InlineData(204)]
    public async Task AnOldReceiverGetsVersion1(int answerTo2)
    {
        await using TestReceiver receiver = await TestReceiver.Start((context, request, _) =>
        {
            context.Response.StatusCode = request.Headers["X-Prometheus-Remote-Write-Version"] == "0.1.0" ? 204 : answerTo2;
            return Task.CompletedTask;
        });
        await using Bed bed = new($"remote_write: [{{url: {receiver.Url}, interval: 1s}}]");
        await bed.Until(() => bed.Counters.Sent >= 12, "nothing is sent");
        Assert.Equal(["2.0.0", "0.1.0", "0.1.0"], receiver.Requests.Take(3).Select(request => request.Headers["X-Prometheus-Remote-Write-Version"]));
        Assert.Equal((0L, 0L), (bed.Counters.Refused, bed.Counters.Failures));
        Received first = receiver.Requests.ElementAt(1);
        Assert.Equal("application/x-protobuf", first.Headers["Content-Type"]);
        List<ProtoField> fields = ProtoReader.Fields(SnappyBlock.Decompress(first.Body));
        Assert.All(fields, field => Assert.True(field.Number is 1 or 3));
        // Exponential histograms are classic ones there: bounds from -2 to 0.5 and infinity.
        Assert.Contains(fields, field => field.Number == 1 && Encoding.UTF8.GetString(field.Bytes).Contains("opptel_record_age_seconds_bucket", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AWantedVersionIsKept()
    {
        await using TestReceiver old = await TestReceiver.Start((context, _, _) => Task.CompletedTask);
        await using Bed bed = new($"remote_write: [{{url: {old.Url}, interval: 1s, protocol: '2.0'}}]");
        await bed.Until(() => bed.Counters.Refused >= 6, "nothing is refused");
        Assert.All(old.Requests, request => Assert.Equal("2.0.0", request.Headers["X-Prometheus-Remote-Write-Version"]));
        Assert.Contains("does not know remote write 2.0: write protocol: 1.0", Assert.Single(bed.Log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailuresAreSentAgainAndRefusalsAreNot()
    {
        int[] codes = [500, 503, 429, 422];
        await using TestReceiver receiver = await TestReceiver.Start(async (context, request, number) =>
        {
            if (number >= codes.Length)
            {
                await Write2(context, request);
                return;
            }

            context.Response.StatusCode = codes[number];
            await context.Response.WriteAsync("out of\norder");
        });
        await using Bed bed = new($"remote_write: [{{url: {receiver.Url}, interval: 1s, retry: 10ms, protocol: '2.0'}}]");
        await bed.Until(() => bed.Counters.Sent >= 6, "nothing is sent");
        Received[] requests = [.. receiver.Requests.Take(5)];
        Assert.All(requests[..4], request => Assert.Equal(requests[0].Body, request.Body));
        Assert.NotEqual(requests[0].Body, requests[4].Body);
        Assert.Equal((6L, 4L), (bed.Counters.Refused, bed.Counters.Failures));
        Assert.Equal("Warning: remote_write to " + receiver.Url + ": HTTP 500 InternalServerError: out of order; trying again", bed.Log.Lines[0]);
        Assert.Equal(2, bed.Log.Lines.Count);
    }

    [Fact]
    public async Task WhatAReceiverDidNotWriteIsCounted()
    {
        await using TestReceiver receiver = await TestReceiver.Start((context, request, _) =>
        {
            context.Response.StatusCode = 400;
            context.Response.Headers["X-Prometheus-Remote-Write-Samples-Written"] = "4";
            return context.Response.WriteAsync("5 out of order");
        });
        await using Bed bed = new($"remote_write: [{{url: {receiver.Url}, interval: 1s, retry: 10ms}}]");
        await bed.Until(() => bed.Counters.Sent > 0, "nothing is sent");
        await bed.Until(() => bed.Counters.Refused > 0, "nothing is refused");
        // 4 of 10 series of 6 points.
        Assert.Equal((0L, 0L), (bed.Counters.Sent % 2, bed.Counters.Refused % 4));
        Assert.Contains("5 out of order", Assert.Single(bed.Log.Lines), StringComparison.Ordinal);
        Assert.All(receiver.Requests, request => Assert.Equal("2.0.0", request.Headers["X-Prometheus-Remote-Write-Version"]));
    }

    /// <summary>Answers as a receiver that writes everything.</summary>
    internal static Task Write2(HttpContext context, Received request)
    {
        IReadOnlyList<ReadSeries> series = Version2Reader.Read(request);
        context.Response.StatusCode = 204;
        context.Response.Headers["X-Prometheus-Remote-Write-Samples-Written"] = $"{series.Sum(one => one.Samples.Count)}";
        context.Response.Headers["X-Prometheus-Remote-Write-Histograms-Written"] = $"{series.Sum(one => one.Histograms.Count)}";
        context.Response.Headers["X-Prometheus-Remote-Write-Exemplars-Written"] = $"{series.Sum(one => one.Exemplars)}";
        return Task.CompletedTask;
    }

    private static string Identity(ReadSeries series) => string.Join(',', series.Labels);

    private static void AssertSame(int offset, ReadOnlySpan<ulong> counts, int scale)
    {
        List<(int Gap, uint Length)> spans = [];
        List<long> deltas = [];
        ulong zeros = 0, tiny = 0;
        new NativeBuckets(offset, counts, scale, ref zeros).AddTo(spans, deltas);
        Dictionary<int, ulong> read = [], expected = [];
        int bucket = 0, delta = 0;
        long count = 0;
        foreach ((int gap, uint length) in spans)
        {
            bucket += gap;
            for (int index = 0; index < length; index++, bucket++)
            {
                count += deltas[delta++];
                if (count != 0)
                    read.Add(bucket, (ulong)count);
            }
        }

        for (int index = 0; index < counts.Length; index++)
        {
            if (ExponentialHistogram.LowerBound(offset + index + 1, scale) <= NativeBuckets.ZeroThreshold)
                tiny += counts[index];
            else if (counts[index] != 0)
                expected.Add(offset + index + 1, counts[index]);
        }

        Assert.Equal((deltas.Count, tiny), (delta, zeros));
        Assert.Equal(expected, read);
    }
}
