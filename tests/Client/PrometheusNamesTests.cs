using CsCheck;
using OppTel.Producers;

namespace OppTel.Client.Tests;

/// <summary>Names by the rules of OpenTelemetry's Prometheus compatibility.</summary>
public class PrometheusNamesTests
{
    [Theory]
    [InlineData("http.server.request.duration", "s", "Histogram", "http_server_request_duration_seconds")]
    [InlineData("http.server.active_requests", "{request}", "Gauge", "http_server_active_requests")]
    [InlineData("process.memory.usage", "By", "Gauge", "process_memory_usage_bytes")]
    [InlineData("dotnet.gc.heap.total_allocated", "By", "Counter", "dotnet_gc_heap_total_allocated_bytes_total")]
    [InlineData("orders", null, "Counter", "orders_total")]
    [InlineData("orders_total", "s", "Counter", "orders_seconds_total")]
    [InlineData("orders.seconds", "s", "Counter", "orders_seconds_total")]
    [InlineData("cpu.utilization", "1", "Gauge", "cpu_utilization_ratio")]
    [InlineData("tries", "1", "Counter", "tries_total")]
    [InlineData("speed", "By/s", "Gauge", "speed_bytes_per_second")]
    [InlineData("speed", "{packet}/s", "Gauge", "speed_per_second")]
    [InlineData("heat", "Cel", "Gauge", "heat_celsius")]
    [InlineData("share", "%", "Gauge", "share_percent")]
    [InlineData("odd", "foo bar", "Gauge", "odd_foo_bar")]
    [InlineData("queue.count", "{item}", "Gauge", "queue_count_value")]
    [InlineData("2much--of  it", "", "Gauge", "_2much_of_it")]
    public void NamesAreSpelled(string name, string? unit, string kind, string expected) =>
        Assert.Equal(expected, PrometheusNames.Metric(name, unit, Enum.Parse<CellKind>(kind)));

    [Theory]
    [InlineData("http.route", "http_route")]
    [InlineData("host", "tag_host")]
    [InlineData("le", "tag_le")]
    [InlineData("__x", "_x")]
    [InlineData("process.pid", "tag_process_pid")]
    public void LabelsAreSpelled(string tag, string expected) => Assert.Equal(expected, PrometheusNames.Label(tag));

    [Fact]
    public void EveryNameIsOneThatPrometheusTakes() => Gen.Select(Gen.String, Gen.String, Gen.Int[1, 3].Select(kind => (CellKind)kind)).Sample((name, unit, kind) =>
    {
        Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]*$", PrometheusNames.Label(name));
        string metric = PrometheusNames.Metric(name, unit, kind);
        Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]*$", metric);
        Assert.Equal(kind == CellKind.Counter, metric.EndsWith("_total", StringComparison.Ordinal));
    });
}
