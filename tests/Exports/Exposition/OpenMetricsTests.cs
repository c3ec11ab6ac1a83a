using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using OppTel.Sketches;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.Exposition;

/// <summary>The strict reader of Prometheus' Python client takes what is written, and finds the same in it.</summary>
public class OpenMetricsTests
{
    private const string Reader = """
        import json, sys
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
        text = sys.stdin.buffer.read().decode()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                exemplar = sample.exemplar
                print(json.dumps({"family": family.name, "type": family.type, "unit": family.unit, "help": family.documentation, "name": sample.name,
                    "labels": sample.labels, "value": repr(sample.value), "exemplar": exemplar and [exemplar.labels, exemplar.value, float(exemplar.timestamp)]}))
        """;

    [Fact]
    public void A_strict_reader_takes_any_page_and_finds_the_same() => Page.Any.Sample(
        page =>
        {
            byte[] bytes = page.Write(ExpositionFormat.OpenMetrics);
            ReadPage ours = ReadPage.OfText(bytes);
            JsonElement[] theirs = Read(bytes);
            Assert.Equal(ours.Series.Count, theirs.Length);
            Assert.Equal(ours.Exemplars.Count, theirs.Count(sample => sample.GetProperty("exemplar").ValueKind != JsonValueKind.Null));
            Assert.Equal(ours.Series.Values.Order(), theirs.Select(sample => Number(sample.GetProperty("value").GetString()!)).Order());
        },
        iter: 8, threads: 1);

    [Fact]
    public void Types_units_help_and_labels_arrive()
    {
        JsonElement[] samples = Read(Write(writer =>
        {
            writer.Begin(new MetricFamily("cpu_seconds_total", "Time \"spent\"\\\nso far.", Kind.Counter));
            writer.Sample(1.5, ("path", "C:\\\"new\"\nline"), ("empty", ""));
            writer.Begin(new MetricFamily("memory_bytes", "Memory.", Kind.Gauge));
            writer.Sample(double.NaN);
            writer.Begin(new MetricFamily("bytes", "No unit without a name before it.", Kind.Gauge));
            writer.Sample(double.NegativeInfinity);
            writer.Begin(new MetricFamily("queue_length", "No unit.", Kind.Gauge));
            writer.Sample(-0.5);
        }));
        Assert.Equal(("cpu_seconds", "counter", "seconds", "cpu_seconds_total"), Names(samples[0]));
        Assert.Equal("Time \"spent\"\\\nso far.", samples[0].GetProperty("help").GetString());
        Assert.Equal("C:\\\"new\"\nline", samples[0].GetProperty("labels").GetProperty("path").GetString());
        Assert.Equal(("memory_bytes", "gauge", "bytes", "memory_bytes"), Names(samples[1]));
        Assert.Equal(("bytes", "gauge", "", "bytes"), Names(samples[2]));
        Assert.Equal(("queue_length", "gauge", "", "queue_length"), Names(samples[3]));
        Assert.Equal(["1.5", "nan", "-inf", "-0.5"], samples.Select(sample => sample.GetProperty("value").GetString()));
    }

    [Fact]
    public void What_the_standard_forbids_is_left_out_and_the_rest_arrives()
    {
        JsonElement[] samples = Read(Write(writer =>
        {
            writer.Begin(new MetricFamily("a_total", "Counters of hosts can be anything.", Kind.Counter));
            writer.Sample(double.NaN, ("n", "1"));
            writer.Sample(-1, ("n", "2"));
            writer.Sample(3, ("n", "3"));
            writer.Begin(new MetricFamily("b_seconds", "Nobody knows the sum.", Kind.HistogramBucket));
            writer.Histogram([1, 2], [3, 4], null);
            writer.Histogram([1, 2], [3, double.NaN], 1, ("n", "1"));
            writer.Begin(new MetricFamily("c", "A gauge,", Kind.Gauge));
            writer.Sample(5);
            writer.Begin(new MetricFamily("c_total", "and a counter of the same name.", Kind.Counter));
            writer.Sample(6);
            ExponentialHistogram sketch = new();
            sketch.Record(-3);
            sketch.Record(7);
            writer.Begin(new MetricFamily("d", "Negative values.", Kind.HistogramBucket));
            writer.Histogram(sketch, []);
        }));
        Assert.Equal(
            ["a_total 3", "b_seconds_bucket 3", "b_seconds_bucket 7", "b_seconds_bucket 7", "c 5", "c_total 6", "d_bucket 1", "d_bucket 1", "d_bucket 2", "d_bucket 2"],
            samples.Select(sample => $"{sample.GetProperty("name").GetString()} {sample.GetProperty("value").GetString()}"));
        Assert.Equal(("c_total", "unknown", "", "c_total"), Names(samples[5]));
    }

    [Fact]
    public void The_newest_exemplar_of_a_bucket_is_shown()
    {
        ExponentialHistogram sketch = new();
        sketch.Record(0.3, 2);
        sketch.Record(5);
        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);
        Exemplar Of(double value, int second) => new(value, time.AddSeconds(second), [("stream", "3"), ("seq", $"{second}")]);
        JsonElement[] samples = Read(Write(writer =>
        {
            writer.Begin(new MetricFamily("age_seconds", "Age.", Kind.HistogramBucket));
            writer.Histogram(sketch, [Of(0.3, 1), Of(0.3, 3), Of(0.3, 2), Of(5, 4)], ("host", "a"));
        }));
        string[] shown = [.. samples.Where(sample => sample.GetProperty("exemplar").ValueKind != JsonValueKind.Null).Select(sample =>
            $"{sample.GetProperty("labels").GetProperty("le").GetString()} {sample.GetProperty("exemplar")}")];
        Assert.Equal(
            ["0.5 [{\"stream\": \"3\", \"seq\": \"3\"}, 0.3, 1700000003.25]", "8.0 [{\"stream\": \"3\", \"seq\": \"4\"}, 5, 1700000004.25]"], shown);
    }

    private static (string?, string?, string?, string?) Names(JsonElement sample) => (
        sample.GetProperty("family").GetString(), sample.GetProperty("type").GetString(), sample.GetProperty("unit").GetString(), sample.GetProperty("name").GetString());

    private static byte[] Write(Action<MetricWriter> page)
    {
        ArrayBufferWriter<byte> output = new();
        OpenMetricsWriter writer = new(output);
        page(writer);
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static double Number(string text) => text switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static JsonElement[] Read(byte[] page)
    {
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Reader])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.BaseStream.Write(page);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{error.Result}\n{Encoding.UTF8.GetString(page)}");
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
