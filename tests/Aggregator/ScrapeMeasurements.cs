using System.Diagnostics;
using OppTel.Aggregator.Draining;
using OppTel.Aggregator.Exposition;
using OppTel.Catalog;
using OppTel.Exports;
using OppTel.Telemetry;
using OppTel.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>What a scrape costs; run with <c>-explicit only -showliveoutput -class '*ScrapeMeasurements'</c>.</summary>
public class ScrapeMeasurements
{
    private const int SeriesOfEntity = 4;
    private const int BlocksOfFrame = 8;

    [Theory(Explicit = true)]
    [InlineData(10_000)]
    [InlineData(100_000)]
    public async Task AScrape(int count)
    {
        Receiver receiver = new(new SeriesTable(200_000, 60_000_000_000, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);
        Fill(receiver, count);
        using DrainLoop drain = new("/nonexistent/segment", receiver, NullLogger<DrainLoop>.Instance, _ => { });
        PageComposer composer = new(drain, receiver, ulong.MaxValue, []);
        using MetricsPage page = new(composer);
        foreach ((string name, ExpositionFormat format, bool gzip) in ((string, ExpositionFormat, bool)[])[
            ("text", ExpositionFormat.PrometheusText, false), ("OpenMetrics", ExpositionFormat.OpenMetrics, false), ("protobuf", ExpositionFormat.Protobuf, false),
            ("text gzip", ExpositionFormat.PrometheusText, true), ("protobuf gzip", ExpositionFormat.Protobuf, true)])
        {
            double first = 0, best = double.MaxValue, used = double.MaxValue;
            long allocated = 0, size = 0;
            for (int round = 0; round < 20; round++)
            {
                using MemoryStream output = new(64 << 20);
                long before = GC.GetAllocatedBytesForCurrentThread();
                TimeSpan processor = Environment.CpuUsage.TotalTime;
                Stopwatch watch = Stopwatch.StartNew();
                Assert.True(await page.TryWriteTo(format, gzip, output, CancellationToken.None));
                double time = watch.Elapsed.TotalMilliseconds;
                used = Math.Min(used, (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds);
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                (first, best, size) = (round == 0 ? time : first, Math.Min(best, time), output.Length);
            }

            TestContext.Current.TestOutputHelper!.WriteLine(
                $"{count} series, {name}: {best:F1} ms ({used:F1} ms of CPU), the first one {first:F1} ms, {size / 1e6:F2} MB, {allocated / 1e3:F0} kB allocated");
        }

        Stopwatch change = Stopwatch.StartNew();
        TestHost other = new(99) { Name = "beta" };
        receiver.SetPorts(["host0", "host1", "host2", "another"], 1);
        receiver.TakeControl(3, other.Catalog(other.Whole(1, [TestHost.Metric(1, "more_total", Kind.Counter)], TestHost.Block(1, [1]))), 1);
        receiver.Publish();
        TimeSpan started = Environment.CpuUsage.TotalTime;
        change.Restart();
        Assert.True(await page.TryWriteTo(ExpositionFormat.PrometheusText, false, Stream.Null, CancellationToken.None));
        TestContext.Current.TestOutputHelper!.WriteLine($"{count} series, text, after a series came: {change.Elapsed.TotalMilliseconds:F1} ms ({(Environment.CpuUsage.TotalTime - started).TotalMilliseconds:F1} ms of CPU)");
    }

    /// <summary>Processes with counters and gauges, on as many hosts as it takes.</summary>
    private static void Fill(Receiver receiver, int count)
    {
        const int Entities = 10_000;
        int entities = count / SeriesOfEntity, hosts = ((entities - 1) / Entities) + 1;
        receiver.SetPorts([.. Enumerable.Range(0, hosts).Select(number => $"host{number}")], 1);
        for (int number = 0; number < hosts; number++)
        {
            TestHost host = new((ulong)number + 1) { Name = $"host-{number}" };
            Metric[] metrics =
            [
                TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter, scale: 1e-9), TestHost.Metric(2, "process_memory_bytes", Kind.Gauge),
                TestHost.Metric(3, "process_context_switches_total", Kind.Counter), TestHost.Metric(4, "process_delay_seconds_total", Kind.Counter, scale: 1e-9),
            ];
            int here = Math.Min(Entities, entities - (number * Entities));
            Block[][] parts = [.. Enumerable.Range(0, here).Select(BlockOf).Chunk(BlocksOfFrame)];
            for (int part = 0; part < parts.Length; part++)
            {
                CatalogUpdate update = host.Whole(1, part == 0 ? metrics : [], parts[part]);
                (update.Part, update.Parts) = ((uint)part, (uint)parts.Length);
                receiver.TakeControl(number, host.Catalog(update), 1);
            }

            for (int slot = 0; slot < here * SeriesOfEntity; slot += 8)
                receiver.TakeTrailer(number, host.Trailer(1, 1, 1, [.. Enumerable.Range(slot, 8).Select(index => new ValueRecord((ushort)index, (ulong)index * 123_456_789))]), 1);
        }

        receiver.Publish();
        Assert.Equal(count, receiver.Series.Snapshot.Count);
    }

    private static Block BlockOf(int pid) => TestHost.Block(
        (uint)(pid * SeriesOfEntity), [1, 2, 3, 4],
        ("process_pid", $"{pid}"), ("process_executable_name", $"worker-{pid % 50}"), ("cgroup", $"/system.slice/service-{pid % 20}.service"));
}
