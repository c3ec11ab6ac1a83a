using System.Diagnostics;
using Google.Protobuf;
using OppTel.Exports.Push;
using OppTel.Exports.RemoteWrite;
using OppTel.Exports.Tests.Otlp;
using Snappier;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.Push;

/// <summary>What an export of 10,000 series costs; run with <c>-explicit only -showliveoutput</c>.</summary>
public class PushMeasurements
{
    private const int Series = 10_000;

    [Fact(Explicit = true)]
    public void TenThousandSeries()
    {
        SeriesMemory memory = new(_ => null);
        IReadOnlyList<MetricPoint> points = [];
        Measure("remember", () => points = memory.Observe(Collect(), Points.Now));
        byte[] request = [];
        Measure("otlp", () => request = OtlpEncoderTests.Encoder().Encode(points).ToByteArray());
        TestContext.Current.TestOutputHelper!.WriteLine($"otlp: {request.Length / 1e6:F2} MB before gzip");
        Measure("remote write 2.0", () => request = Snappy.CompressToArray(Encoder2.Encode(new SeriesExpansion(new Dictionary<string, string>()).Expand(points, isNative: true)).ToByteArray()));
        TestContext.Current.TestOutputHelper!.WriteLine($"remote write 2.0: {request.Length / 1e6:F2} MB");
        Measure("remote write 1.0", () => request = Snappy.CompressToArray(Encoder1.Encode(new SeriesExpansion(new Dictionary<string, string>()).Expand(points, isNative: false)).ToByteArray()));
        TestContext.Current.TestOutputHelper!.WriteLine($"remote write 1.0: {request.Length / 1e6:F2} MB");
    }

    private static IReadOnlyList<MetricPoint> Collect() => Points.Collect(writer =>
    {
        writer.Begin(Points.Family("process_cpu_time_seconds_total", Kind.Counter));
        for (int series = 0; series < Series; series++)
            writer.Sample(series, ("cgroup", $"/system.slice/{series % 100}.service"), ("host", "alpha"), ("process_executable_name", "nginx"), ("process_pid", $"{series}"));
    });

    private static void Measure(string what, Action action)
    {
        action();
        TimeSpan best = TimeSpan.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            best = time < best ? time : best;
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{what}: {best.TotalMilliseconds:F1} ms");
    }
}
