using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OppTel.Catalog;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>The real program on a segment that is filled through the producer's real interface.</summary>
public class AggregatorTests
{
    private const string Nginx = """{command="nginx",host="alpha",pid="42"}""";

    private static readonly Metric[] Metrics =
    [
        TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter, scale: 1e-9),
        TestHost.Metric(2, "process_context_switches_total", Kind.Counter),
    ];

    [Fact]
    public async Task ACatalogAndATrailerBecomeSeries()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(9, Metrics, TestHost.Block(100, [1, 2], ("pid", "42"), ("command", "nginx")))));
        dataplane.Trailer(host.Trailer(3, 9, Boottime.Now, new ValueRecord(100, 1_500_000_000), new ValueRecord(101, 7)));
        string page = await aggregator.MetricsWith($"process_cpu_time_seconds_total{Nginx} 1.5");
        Assert.Contains($"process_context_switches_total{Nginx} 7", page, StringComparison.Ordinal);
        page = await aggregator.MetricsWith("""opptel_stream_trailers_received_total{host="alpha",stream="3"} 1""");
        Assert.Contains("""opptel_dataplane_carriers_total{port="host0"} 1""", page, StringComparison.Ordinal);
        PromTool.AssertClean(page);
        Assert.Equal((77ul, (ushort)9, (ushort)1), (dataplane.HostView.HostInstance, dataplane.HostView.Epoch, dataplane.HostView.StreamCount));
        (int code, TimeSpan time) = aggregator.Terminate();
        Assert.Equal(0, code);
        Assert.True(time < TimeSpan.FromSeconds(5), $"{time}");
    }

    [Fact]
    public async Task TheSummaryHasWhatALiveViewNeeds()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(9, Metrics, TestHost.Block(100, [1, 2], ("pid", "42"), ("command", "nginx")))));
        ulong start = Boottime.Now;
        JsonElement summary = default;
        for (int tick = 0; tick < 50; tick++)
        {
            ulong now = Boottime.Now;
            dataplane.Trailer(host.Trailer(0, 9, now, new ValueRecord(100, (now - start) / 2)), now + 100_000);
            await Task.Delay(50);
            summary = await aggregator.Summary();
        }

        Assert.True(summary.GetProperty("ready").GetBoolean());
        Assert.InRange(summary.GetProperty("carriers_per_second").GetDouble(), 0.1, 25);
        Assert.InRange(summary.GetProperty("records_per_second").GetDouble(), 0.1, 25);
        Assert.InRange(summary.GetProperty("age_p50_seconds").GetDouble(), 100e-6, 115e-6);
        Assert.Equal(0, summary.GetProperty("totals").GetProperty("lost").GetInt64());
        JsonElement top = Assert.Single(summary.GetProperty("top_processes").EnumerateArray());
        Assert.Equal("nginx", top.GetProperty("labels").GetProperty("command").GetString());
        Assert.InRange(top.GetProperty("cpu_cores").GetDouble(), 0.499, 0.501);
    }

    [Fact]
    public async Task NoNumberThatAHostCanSendBreaksAPage()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        Metric metric = TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter, OppTel.Catalog.Metric.Types.Encoding.Double);
        double[] numbers = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.Epsilon, -1];
        dataplane.Control(host.Catalog(host.Whole(9, [metric], numbers.Select((_, index) => TestHost.Block((uint)index, [1], ("pid", $"{index}"))))));
        ulong start = Boottime.Now;
        for (ulong second = 0; second < 4; second++)
        {
            ValueRecord[] values = [.. numbers.Select((number, index) =>
                new ValueRecord((ushort)index, BitConverter.DoubleToUInt64Bits(second % 2 == 0 ? 0 : number) >> 16))];
            dataplane.Trailer(host.Trailer(0, 9, start + (second * 1_000_000_000), values));
        }

        PromTool.AssertClean(await aggregator.MetricsWith("""process_cpu_time_seconds_total{host="alpha",pid="1"} +Inf"""));
        Assert.True((await aggregator.Summary()).GetProperty("ready").GetBoolean());
    }

    [Fact]
    public async Task ClientsThatNeverFinishAskingKeepNobodyOutForLong()
    {
        using AggregatorProcess aggregator = new();
        aggregator.Start();
        await aggregator.Eventually("/healthz", (status, _) => status == HttpStatusCode.OK);
        List<TcpClient> clients = [];
        for (int client = 0; client < 63; client++)
        {
            TcpClient slow = new();
            clients.Add(slow);
            await slow.ConnectAsync(IPAddress.Loopback, aggregator.Port);
            await slow.GetStream().WriteAsync("GET /metrics HTTP/1.1\r\nHost: "u8.ToArray());
        }

        using HttpClient other = new() { Timeout = TimeSpan.FromSeconds(2) };
        HttpStatusCode? answer = null;
        for (Stopwatch watch = Stopwatch.StartNew(); answer is null && watch.Elapsed < TimeSpan.FromSeconds(20); await Task.Delay(100))
        {
            try
            {
                answer = (await other.GetAsync(new Uri($"http://127.0.0.1:{aggregator.Port}/healthz"))).StatusCode;
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                Assert.NotEmpty(exception.Message);
            }
        }

        clients.ForEach(client => client.Dispose());
        Assert.Equal(HttpStatusCode.OK, answer);
        Assert.DoesNotContain("maximum number of concurrent connections", aggregator.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutADataplaneItWaitsAndSaysSoOnce()
    {
        using AggregatorProcess aggregator = new();
        aggregator.Start();
        await aggregator.Eventually("/readyz", (status, text) => status == HttpStatusCode.ServiceUnavailable && text.Contains("no dataplane", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await aggregator.Get("/healthz")).Status);
        PromTool.AssertClean((await aggregator.Get("/metrics")).Text);
        await Task.Delay(500);
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Ready();
        Assert.Equal(2, aggregator.Log.Split("Waiting for the dataplane").Length);
    }

    [Fact]
    public async Task ADataplaneThatDiesOrStopsIsFollowedByItsSuccessor()
    {
        using AggregatorProcess aggregator = new();
        TestHost host = new(77);
        using (TestDataplane first = new(aggregator.SegmentPath))
        {
            await aggregator.Start().Ready();
            first.Control(host.Catalog(host.Whole(9, Metrics, TestHost.Block(100, [1], ("pid", "42")))));
            first.Trailer(host.Trailer(0, 9, Boottime.Now, new ValueRecord(100, 1_000_000_000)));
            await aggregator.MetricsWith("""process_cpu_time_seconds_total{host="alpha",pid="42"} 1""" + "\n");
            first.Segment.Port(0).LeaseMilliseconds = 300;
            await aggregator.MetricsWith("""opptel_dataplane_lease_seconds{port="host0"} 0.3""");
            first.Die();
            await aggregator.Eventually("/readyz", (status, _) => status == HttpStatusCode.ServiceUnavailable);
            await aggregator.MetricsWith("""opptel_dataplane_lease_seconds{port="host0"} 0""" + "\n");
            using TestDataplane second = new(aggregator.SegmentPath);
            await aggregator.Ready();
            // The catalog is the aggregator's: a dataplane that came back needs none.
            second.Trailer(host.Trailer(0, 9, Boottime.Now, new ValueRecord(100, 2_000_000_000)));
            await aggregator.MetricsWith("""process_cpu_time_seconds_total{host="alpha",pid="42"} 2""" + "\n");
            Assert.Equal((77ul, (ushort)9), (second.HostView.HostInstance, second.HostView.Epoch));
        }

        using TestDataplane third = new(aggregator.SegmentPath);
        await aggregator.Ready();
        third.Trailer(host.Trailer(0, 9, Boottime.Now, new ValueRecord(100, 3_000_000_000)));
        await aggregator.MetricsWith("""process_cpu_time_seconds_total{host="alpha",pid="42"} 3""" + "\n");
        await aggregator.MetricsWith("opptel_aggregator_attachments_total 3");
    }

    [Fact]
    public async Task KilledAndStartedAgainItAcknowledgesNothingThatItDoesNotKnowAndTakesWhatWaits()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        byte[] catalog = host.Catalog(host.Whole(9, Metrics, TestHost.Block(100, [1], ("pid", "42"))));
        dataplane.Control(catalog);
        dataplane.Trailer(host.Trailer(0, 9, Boottime.Now, new ValueRecord(100, 1_000_000_000)));
        await aggregator.MetricsWith("""process_cpu_time_seconds_total{host="alpha",pid="42"} 1""" + "\n");
        Assert.Equal(9, dataplane.HostView.Epoch);
        aggregator.Kill();
        // The rings take what comes meanwhile.
        for (int number = 0; number < 1000; number++)
            dataplane.Trailer(host.Trailer(0, 9, Boottime.Now, new ValueRecord(100, 2_000_000_000)));
        await aggregator.Start().Ready();
        await aggregator.MetricsWith("""opptel_records_undecodable_total{host="port:host0",reason="unknown_epoch"} 1000""");
        Assert.Equal((0ul, (ushort)0), (dataplane.HostView.HostInstance, dataplane.HostView.Epoch));
        dataplane.Control(host.Catalog(host.Whole(10, Metrics, TestHost.Block(100, [1], ("pid", "42")))));
        dataplane.Trailer(host.Trailer(0, 10, Boottime.Now, new ValueRecord(100, 2_500_000_000)));
        await aggregator.MetricsWith("""process_cpu_time_seconds_total{host="alpha",pid="42"} 2.5""" + "\n");
    }

    [Fact]
    public async Task TwoAggregatorsDoNotShareASegment()
    {
        using AggregatorProcess first = new();
        using AggregatorProcess second = new();
        File.WriteAllText(second.ConfigurationPath, $"segment: {first.SegmentPath}\nlisten: 127.0.0.1:{second.Port}\n");
        using TestDataplane dataplane = new(first.SegmentPath);
        await first.Start().Ready();
        second.Start();
        await second.Eventually("/readyz", (status, _) => status == HttpStatusCode.ServiceUnavailable);
        await second.Eventually("/readyz", (_, _) => second.Log.Contains("another aggregator drains", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await second.Get("/readyz")).Status);
        first.Kill();
        await second.Ready();
    }

    [Fact]
    public async Task WhatIsNotSignedOrIsGarbageIsCountedAndIgnored()
    {
        string keyFile = Path.GetTempFileName();
        byte[] secret = [.. Enumerable.Range(1, 32).Select(value => (byte)value)];
        File.WriteAllText(keyFile, Convert.ToHexString(secret));
        using AggregatorProcess aggregator = new($"key_file: {keyFile}\n");
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        File.Delete(keyFile);
        TestHost stranger = new(66);
        TestHost host = new(77, ControlKey.FromBytes(secret));
        byte[] good = host.Catalog(host.Whole(9, Metrics, TestHost.Block(100, [1], ("pid", "42"))));
        dataplane.Control(stranger.Catalog(stranger.Whole(9, Metrics, TestHost.Block(100, [1], ("pid", "13")))));
        dataplane.Control([1, 2, 3]);
        dataplane.Control(good);
        dataplane.Control(good);
        dataplane.Trailer([1, 2, 3]);
        dataplane.Send(RecordKind.Trailer, [1], port: 9);
        dataplane.Trailer(host.Trailer(0, 9, Boottime.Now, new ValueRecord(100, 1_000_000_000)));
        string page = await aggregator.MetricsWith("""process_cpu_time_seconds_total{host="alpha",pid="42"} 1""" + "\n");
        foreach (string outcome in (string[])["accepted", "malformed", "bad_tag", "replayed"])
            Assert.Contains($$"""opptel_aggregator_control_frames_total{outcome="{{outcome}}"} 1""", page, StringComparison.Ordinal);
        Assert.Contains("""opptel_records_undecodable_total{host="alpha",reason="malformed"} 1""", page, StringComparison.Ordinal);
        Assert.DoesNotContain("pid=\"13\"", page, StringComparison.Ordinal);
        await aggregator.MetricsWith("opptel_aggregator_unroutable_records_total 1");
    }

    [Fact]
    public async Task TenThousandSeriesAreScrapedWhileTheRingsAreDrained()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        const int Entities = 5000;
        const uint Parts = 100;
        for (uint part = 0; part < Parts; part++)
        {
            CatalogUpdate update = host.Whole(9, part == 0 ? Metrics : []);
            (update.Part, update.Parts) = (part, Parts);
            for (uint entity = part; entity < Entities; entity += Parts)
                update.Blocks.Add(TestHost.Block(entity * 2, [1, 2], ("pid", $"{entity}"), ("command", "a-usual-command-name")));
            dataplane.Control(host.Catalog(update));
            await Task.Delay(5);
        }

        // The ring holds 13000 of these, which is three seconds: a scrape that stopped the draining would overflow it, which
        // fails in the send.
        using CancellationTokenSource stop = new();
        Task sending = Task.Run(async () =>
        {
            for (int number = 0; !stop.IsCancellationRequested; number++)
            {
                ushort slot = (ushort)(number % Entities * 2);
                dataplane.Trailer(host.Trailer(0, 9, Boottime.Now, new ValueRecord(slot, (ulong)number), new ValueRecord((ushort)(slot + 1), (ulong)number)));
                if (number % 4 == 0)
                    await Task.Delay(1);
            }
        });
        await aggregator.Eventually("/metrics", (_, page) => page.Split("\nprocess_context_switches_total{").Length == Entities + 1);
        for (int scrape = 0; scrape < 20; scrape++)
            Assert.False(sending.IsCompleted, sending.Exception?.ToString() + (await aggregator.Get("/metrics")).Status);
        stop.Cancel();
        await sending;
        PromTool.AssertClean((await aggregator.Get("/metrics")).Text);
    }
}
