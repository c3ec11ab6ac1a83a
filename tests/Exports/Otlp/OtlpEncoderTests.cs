using System.Text.Json;
using CsCheck;
using Google.Protobuf;
using OppTel.Exports.Otlp;
using OppTel.Exports.Push;
using OppTel.Sketches;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.Otlp;

/// <summary>What OpenTelemetry's own code makes of the bytes.</summary>
public class OtlpEncoderTests
{
    [Fact]
    public void EachHostIsAResourceAndSoIsTheAggregator()
    {
        JsonElement resources = Decode(Points.Collect(Points.ComposeAll)).GetProperty("resourceMetrics");
        Dictionary<string, string[]> metrics = resources.EnumerateArray().ToDictionary(
            resource => Attributes(resource.GetProperty("resource")).GetValueOrDefault("service.name") ?? Attributes(resource.GetProperty("resource"))["host.name"],
            resource => Metrics(resource).Select(metric => metric.GetProperty("name").GetString()!).ToArray());
        Assert.Equal(["alpha", "beta", "opptel-aggregator"], metrics.Keys.Order());
        Assert.Equal(["process.cpu.time", "opptel.runqueue.length", "opptel.runqueue.wait"], metrics["alpha"]);
        Assert.Equal(["system.memory.usage"], metrics["beta"]);
        Assert.Equal(["opptel.records", "opptel.record.age"], metrics["opptel-aggregator"]);
    }

    [Fact]
    public void CountersAreMonotonicSumsWithTypedAttributes()
    {
        JsonElement metric = Metric("process.cpu.time"), sum = metric.GetProperty("sum");
        Assert.Equal(("s", "Help of process_cpu_time_seconds_total."), (metric.GetProperty("unit").GetString(), metric.GetProperty("description").GetString()));
        Assert.Equal(("AGGREGATION_TEMPORALITY_CUMULATIVE", true), (sum.GetProperty("aggregationTemporality").GetString(), sum.GetProperty("isMonotonic").GetBoolean()));
        JsonElement point = Assert.Single(sum.GetProperty("dataPoints").EnumerateArray());
        Assert.Equal(1.5, point.GetProperty("asDouble").GetDouble());
        Assert.Equal($"{Points.Now}", point.GetProperty("timeUnixNano").GetString());
        Assert.Equal(
            new() { ["process.linux.cgroup"] = "/a.slice", ["process.executable.name"] = "nginx", ["process.pid"] = "42" }, Attributes(point));
        JsonElement pid = point.GetProperty("attributes").EnumerateArray().Single(entry => entry.GetProperty("key").GetString() == "process.pid");
        Assert.Equal("42", pid.GetProperty("value").GetProperty("intValue").GetString());
    }

    [Fact]
    public void AmountsAreSumsThatMayFallAndLevelsAreGauges()
    {
        JsonElement sum = Metric("system.memory.usage").GetProperty("sum");
        Assert.False(sum.TryGetProperty("isMonotonic", out _));
        Assert.Equal("4096", Assert.Single(sum.GetProperty("dataPoints").EnumerateArray()).GetProperty("asInt").GetString());
        JsonElement gauge = Assert.Single(Metric("opptel.runqueue.length").GetProperty("gauge").GetProperty("dataPoints").EnumerateArray());
        Assert.Equal("3", gauge.GetProperty("asInt").GetString());
        Assert.Equal(new() { ["cpu.logical_number"] = "1" }, Attributes(gauge));
    }

    [Fact]
    public void AHistogramOfBucketsKeepsItsBounds()
    {
        JsonElement point = Assert.Single(Metric("opptel.runqueue.wait").GetProperty("histogram").GetProperty("dataPoints").EnumerateArray());
        Assert.Equal([0.001, 0.01], point.GetProperty("explicitBounds").EnumerateArray().Select(bound => bound.GetDouble()));
        Assert.Equal(["5", "3", "1"], point.GetProperty("bucketCounts").EnumerateArray().Select(count => count.GetString()));
        Assert.Equal(("9", 0.25), (point.GetProperty("count").GetString(), point.GetProperty("sum").GetDouble()));
    }

    [Fact]
    public void AnExponentialHistogramKeepsItsExemplars()
    {
        JsonElement point = Assert.Single(Metric("opptel.record.age").GetProperty("exponentialHistogram").GetProperty("dataPoints").EnumerateArray());
        JsonElement exemplar = Assert.Single(point.GetProperty("exemplars").EnumerateArray());
        Assert.Equal((0.5, "1700000000000000000"), (exemplar.GetProperty("asDouble").GetDouble(), exemplar.GetProperty("timeUnixNano").GetString()));
        Assert.Equal(new() { ["host.name"] = "alpha" }, Attributes(point));
    }

    [Fact]
    public void AnExponentialHistogramArrivesAsItIs()
    {
        // One process of node for all: each point of one request is a histogram.
        ExponentialHistogram[] sketches = Gen.Double[-1e6, 1e6].Array[0, 60].Array[40].Single().Select(values => Points.Sketch(values)).ToArray();
        JsonElement decoded = Decode([.. sketches.Select((sketch, index) => Points.One("opptel_record_age_seconds", sketch, ("n", $"{index}")))]);
        JsonElement[] points = [.. Metrics(decoded.GetProperty("resourceMetrics")[0]).Single().GetProperty("exponentialHistogram").GetProperty("dataPoints").EnumerateArray()];
        Assert.Equal(sketches.Length, points.Length);
        for (int index = 0; index < points.Length; index++)
            AssertSame(sketches[index], points[index]);
    }

    [Fact]
    public void StartTimesSayWhenACounterBegan()
    {
        SeriesMemory memory = new(name => name == "opptel_records_total" ? 5 : null);
        Assert.Equal(["1000", "5"], Starts(memory, 1000, 7, 7));
        Assert.Equal(["1000", "5"], Starts(memory, 2000, 9, 9));
        // Both began anew after they were asked before.
        Assert.Equal(["2000", "2000"], Starts(memory, 3000, 2, 2));
        Assert.Equal(["2000", "2000"], Starts(memory, 4000, 3, 2));
    }

    [Fact]
    public void AnEndedSeriesHasNoValue()
    {
        SeriesMemory memory = new(_ => null);
        memory.Observe(Points.Collect(Points.ComposeAll, 1000), 1000);
        JsonElement decoded = Decode(memory.Observe([], 2000));
        JsonElement[] points = [.. decoded.GetProperty("resourceMetrics").EnumerateArray().SelectMany(Metrics)
            .SelectMany(metric => metric.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Object).SelectMany(data => data.Value.GetProperty("dataPoints").EnumerateArray()))];
        Assert.Equal(6, points.Length);
        Assert.All(points, point => Assert.Equal(("2000", 1), (point.GetProperty("timeUnixNano").GetString(), point.GetProperty("flags").GetInt32())));
        Assert.All(points, point => Assert.False(point.TryGetProperty("asDouble", out _) || point.TryGetProperty("asInt", out _) || point.TryGetProperty("sum", out _)));
    }

    internal static JsonElement Decode(IReadOnlyList<MetricPoint> points) => Oracle.Decode(Encoder().Encode(points).ToByteArray());

    internal static OtlpEncoder Encoder() => new(Points.Source(), new Dictionary<string, string> { ["service.name"] = "opptel-aggregator", ["host.name"] = "dpu" });

    internal static IEnumerable<JsonElement> Metrics(JsonElement resource) =>
        resource.GetProperty("scopeMetrics").EnumerateArray().SelectMany(scope => scope.GetProperty("metrics").EnumerateArray());

    private static JsonElement Metric(string name) => Decode(Points.Collect(Points.ComposeAll)).GetProperty("resourceMetrics").EnumerateArray()
        .SelectMany(Metrics).Single(metric => metric.GetProperty("name").GetString() == name);

    private static string[] Starts(SeriesMemory memory, long time, double hosts, double own) =>
    [
        .. Decode(memory.Observe([.. new[] { ("shop_orders_total", hosts), ("opptel_records_total", own) }
                .Select(entry => Points.One(entry.Item1, Kind.Counter, entry.Item2, ("host", "alpha")) with { Time = time })], time))
            .GetProperty("resourceMetrics").EnumerateArray().SelectMany(Metrics)
            .Select(metric => metric.GetProperty("sum").GetProperty("dataPoints")[0].GetProperty("startTimeUnixNano").GetString()!),
    ];

    private static Dictionary<string, string> Attributes(JsonElement owner) => owner.GetProperty("attributes").EnumerateArray().ToDictionary(
        entry => entry.GetProperty("key").GetString()!,
        entry => entry.GetProperty("value").EnumerateObject().Single().Value.ToString());

    private static void AssertSame(ExponentialHistogram sketch, JsonElement point)
    {
        Assert.Equal($"{sketch.Count}", Number(point, "count"));
        Assert.Equal($"{sketch.ZeroCount}", Number(point, "zeroCount"));
        Assert.Equal(sketch.Scale, int.Parse(Number(point, "scale")));
        Assert.Equal(sketch.Sum, point.GetProperty("sum").GetDouble());
        if (sketch.Count > 0)
            Assert.Equal((sketch.Min, sketch.Max), (point.GetProperty("min").GetDouble(), point.GetProperty("max").GetDouble()));
        AssertSame(sketch.PositiveOffset, sketch.PositiveCounts.ToArray(), point.GetProperty("positive"));
        AssertSame(sketch.NegativeOffset, sketch.NegativeCounts.ToArray(), point.GetProperty("negative"));
    }

    private static void AssertSame(int offset, ulong[] counts, JsonElement buckets)
    {
        Assert.Equal($"{offset}", Number(buckets, "offset"));
        Assert.Equal(counts.Select(count => $"{count}"), buckets.TryGetProperty("bucketCounts", out JsonElement list) ? list.EnumerateArray().Select(count => count.ToString()) : []);
    }

    /// <summary>What is 0 is not written.</summary>
    private static string Number(JsonElement owner, string name) => owner.TryGetProperty(name, out JsonElement value) ? value.ToString() : "0";
}
