using System.Buffers;

namespace OppTel.Exports;

/// <summary>A format that a scrape can be answered in.</summary>
/// <param name="ContentType">As the answer's header says it.</param>
/// <param name="Writer">Makes a writer of one page, which puts its bytes where it is told.</param>
public sealed record ExpositionFormat(string ContentType, Func<IBufferWriter<byte>, MetricWriter> Writer)
{
    /// <summary>Prometheus text, version 0.0.4: what everything reads.</summary>
    public static ExpositionFormat PrometheusText { get; } = new(
        "text/plain; version=0.0.4; charset=utf-8", output => new PrometheusTextWriter(output));

    /// <summary>OpenMetrics 1.0: the text with exemplars.</summary>
    public static ExpositionFormat OpenMetrics { get; } = new(
        "application/openmetrics-text; version=1.0.0; charset=utf-8", output => new OpenMetricsWriter(output));

    /// <summary>Delimited protobuf: the one with native histograms.</summary>
    public static ExpositionFormat Protobuf { get; } = new(
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited", output => new ProtobufWriter(output));
}
