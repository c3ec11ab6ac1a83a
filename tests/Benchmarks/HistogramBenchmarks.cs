using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using HdrHistogram;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OppTel.Sketches;

namespace OppTel.Benchmarks;

/// <summary>Counting a value: the same values in each histogram, at the precision nearest to 1 % that it has.</summary>
public class HistogramBenchmarks : IDisposable
{
    private readonly double[] values = Streams.Durations;
    private readonly long[] whole = [.. Streams.Durations.Select(value => (long)value)];
    private readonly ExponentialHistogram own = new();
    private readonly LongHistogram hdr = new(1, 3_600_000_000_000, 2);
    private readonly Meter meter = new("benchmark");
    private readonly Histogram<double> openTelemetry;
    private readonly MeterProvider provider;

    /// <summary>The histogram of the OpenTelemetry SDK stands behind an instrument, as it does in a program.</summary>
    public HistogramBenchmarks()
    {
        openTelemetry = meter.CreateHistogram<double>("duration");
        provider = Sdk.CreateMeterProviderBuilder().AddMeter("benchmark")
            .AddView("duration", new Base2ExponentialBucketHistogramConfiguration()).AddReader(new Reader()).Build();
    }

    [Benchmark(Description = "histogram", OperationsPerInvoke = Streams.Length)]
    public void Single()
    {
        foreach (double value in values)
            own.Record(value);
    }

    [Benchmark(Description = "histogram, many at once", OperationsPerInvoke = Streams.Length)]
    public void Many() => own.Record(values);

    [Benchmark(Description = "HdrHistogram", OperationsPerInvoke = Streams.Length)]
    public void Hdr()
    {
        foreach (long value in whole)
            hdr.RecordValue(value);
    }

    [Benchmark(Description = "OpenTelemetry", OperationsPerInvoke = Streams.Length)]
    public void OpenTelemetrySdk()
    {
        foreach (double value in values)
            openTelemetry.Record(value);
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        provider.Dispose();
        meter.Dispose();
        GC.SuppressFinalize(this);
    }

    private sealed class Reader : MetricReader;
}
