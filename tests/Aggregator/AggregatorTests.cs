using System.Net;
using OppTel.Catalog;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

public class AggregatorTests
{
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
        aggregator.Start();
        await aggregator.Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(9, Metrics, TestHost.Block(100, [1, 2], ("pid", "42"), ("command", "nginx")))));
        dataplane.Trailer(host.Trailer(3, 9, Boottime.Now, new ValueRecord(100, 1_500_000_000), new ValueRecord(101, 7)));
        string page = await aggregator.MetricsWith("""process_cpu_time_seconds_total{command="nginx",host="alpha",pid="42"} 1.5""");
        Assert.Contains("""process_context_switches_total{command="nginx",host="alpha",pid="42"} 7""", page, StringComparison.Ordinal);
        Assert.Contains("""opptel_stream_trailers_received_total{host="alpha",stream="3"} 1""", page, StringComparison.Ordinal);
        Assert.Contains("""opptel_dataplane_carriers_total{port="host0"} 1""", page, StringComparison.Ordinal);
        PromTool.AssertClean(page);
        Assert.Equal((77ul, (ushort)9, (ushort)1), (dataplane.HostView.HostInstance, dataplane.HostView.Epoch, dataplane.HostView.StreamCount));
        (int code, TimeSpan time) = aggregator.Terminate();
        Assert.Equal(0, code);
        Assert.True(time < TimeSpan.FromSeconds(1), $"{time}");
    }

    [Fact]
    public async Task WithoutADataplaneItWaitsAndSaysSoOnce()
    {
        using AggregatorProcess aggregator = new();
        aggregator.Start();
        await aggregator.Eventually("/readyz", (status, text) => status == HttpStatusCode.ServiceUnavailable && text.Contains("no dataplane", StringComparison.Ordinal));
        await Task.Delay(500);
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Ready();
        Assert.Equal(2, aggregator.Log.Split("Waiting for the dataplane").Length);
    }
}
