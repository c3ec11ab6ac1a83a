using System.Buffers;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports;

/// <summary>
/// Writes the Prometheus text format, version 0.0.4. Own code, because what is written here are absolute values that other
/// programs counted: they go back when their program restarts, which a client library's counters and histograms cannot.
/// </summary>
/// <param name="output">Takes the UTF-8 text.</param>
public sealed class PrometheusTextWriter(IBufferWriter<byte> output) : TextFormatWriter(output)
{
    /// <inheritdoc/>
    public override void Begin(MetricFamily family)
    {
        Name = family.Name;
        Output.Text($"# HELP {Name} ");
        Output.Escaped(family.Help, quotes: false);
        string type = family.Kind switch { Kind.Counter => "counter", Kind.Gauge => "gauge", _ => "histogram" };
        Output.Text($"\n# TYPE {Name} {type}\n");
    }

    private protected override void WriteSample(double value, ReadOnlySpan<byte> labels) => Line(""u8, labels, value);

    private protected override void WriteHistogram(ClassicHistogram histogram, ReadOnlySpan<byte> labels)
    {
        double total = WriteBuckets(histogram, labels);
        if (histogram.Sum is { } sum)
            Line("_sum"u8, labels, sum);
        Line("_count"u8, labels, total);
    }
}
