using CsCheck;
using OppTel.Sketches;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.RemoteWrite;

/// <summary>Debian's Prometheus and VictoriaMetrics take what is written, and answer with it.</summary>
public class RealServerTests
{
    [Fact]
    public async Task PrometheusComputesTheQuantilesOfTheSketch()
    {
        using RealServer server = RealServer.Prometheus();
        ExponentialHistogram sketch = Points.Sketch(Gen.Double[1e-6, 2].Array[2000].Single());
        sketch.Record(0, 3);
        // A quantile lies anywhere within its bucket.
        double bound = Math.Pow(2, Math.ScaleB(1, -sketch.Scale)) * (1 + 1e-9);
        await using Bed bed = new($"remote_write: [{{url: {server.WriteUrl}, interval: 1s, retry: 100ms, protocol: '1.0', histograms: native}}]", writer =>
        {
            writer.Begin(Points.Family("opptel_record_age_seconds", Kind.HistogramBucket));
            writer.Histogram(sketch, [], ("host", "alpha"));
            writer.Begin(Points.Family("process_cpu_time_seconds_total", Kind.Counter));
            writer.Sample(12.5, ("host", "alpha"), ("process_pid", "42"));
            writer.Begin(Points.Family("opptel_runqueue_wait_seconds", Kind.HistogramBucket));
            writer.Histogram([0.001, 0.01], [5, 3], 0.25, ("host", "alpha"));
        });
        await bed.Until(() => bed.Counters.Sent >= 6, "nothing is sent");
        Assert.Equal(sketch.Count, await server.Eventually("histogram_count(opptel_record_age_seconds)", value => value > 0));
        Assert.Equal(sketch.Sum, await server.Eventually("histogram_sum(opptel_record_age_seconds)", value => value > 0), 1e-9);
        foreach (double share in new[] { 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1 })
        {
            double answer = await server.Eventually($"histogram_quantile({share:R}, opptel_record_age_seconds)", value => value > 0);
            Assert.InRange(answer / sketch.Quantile(share), 1 / bound, bound);
        }

        Assert.Equal(12.5, await server.Eventually("""process_cpu_time_seconds_total{host="alpha",process_pid="42"}""", value => value > 0));
        Assert.Equal(8, await server.Eventually("""opptel_runqueue_wait_seconds_bucket{le="0.01"}""", value => value > 0));
        Assert.Equal(0L, bed.Counters.Refused);
    }

    [Fact]
    public async Task PrometheusForgetsWhatHasEnded()
    {
        using RealServer server = RealServer.Prometheus();
        bool isThere = true;
        await using Bed bed = new($"remote_write: [{{url: {server.WriteUrl}, interval: 1s, retry: 100ms, protocol: '1.0', histograms: native}}]", writer =>
        {
            writer.Begin(Points.Family("stays", Kind.Gauge));
            writer.Sample(1);
            if (!Volatile.Read(ref isThere))
                return;
            writer.Begin(Points.Family("goes", Kind.Gauge));
            writer.Sample(2);
            writer.Begin(Points.Family("goes_seconds", Kind.HistogramBucket));
            writer.Histogram(Points.Sketch(1, 2), []);
        });
        Assert.Equal(1, await server.Eventually("count(goes)", value => value > 0));
        Assert.Equal(2, await server.Eventually("histogram_count(goes_seconds)", value => value > 0));
        Volatile.Write(ref isThere, false);
        // Without the marker they would stay for five minutes.
        Assert.Equal(1, await server.Eventually("count(stays) unless on() count(goes)", value => value > 0));
        Assert.Equal(1, await server.Eventually("count(stays) unless on() count(goes_seconds)", value => value > 0));
        Assert.Equal(0L, bed.Counters.Refused);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("1.0")]
    public async Task VictoriaMetricsAnswersWithTheSameValues(string protocol)
    {
        using RealServer server = RealServer.VictoriaMetrics();
        await using Bed bed = new($"remote_write: [{{url: {server.WriteUrl}, interval: 1s, retry: 100ms, protocol: '{protocol}'}}]");
        await bed.Until(() => bed.Counters.Sent >= 6, "nothing is sent");
        Assert.Equal(1.5, await server.Eventually("""process_cpu_time_seconds_total{host="alpha",process_pid="42"}""", value => value > 0));
        Assert.Equal(8, await server.Eventually("""opptel_runqueue_wait_seconds_bucket{le="0.01"}""", value => value > 0));
        Assert.Equal(5, await server.Eventually("""opptel_record_age_seconds_bucket{le="+Inf"}""", value => value > 0));
        Assert.Equal(-0.75 + 0, await server.Eventually("opptel_record_age_seconds_sum", value => value != 0), 1e-9);
        Assert.Equal(0L, bed.Counters.Refused);
    }
}
