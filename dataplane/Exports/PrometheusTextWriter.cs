using System.Buffers;
using System.Globalization;
using System.Text;
using OppTel.Sketches;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports;

/// <summary>
/// Writes the Prometheus text format, version 0.0.4. Own code, because what is written here are absolute values that other
/// programs counted: they go back when their program restarts, which a client library's counters and histograms cannot.
/// </summary>
/// <param name="output">Takes the UTF-8 text.</param>
public sealed class PrometheusTextWriter(IBufferWriter<byte> output) : MetricWriter
{
    private string name = "";

    /// <inheritdoc/>
    public override void Begin(MetricFamily family)
    {
        name = family.Name;
        string type = family.Kind switch { Kind.Counter => "counter", Kind.Gauge => "gauge", _ => "histogram" };
        Write($"# HELP {name} {Escape(family.Help, quotes: false)}\n# TYPE {name} {type}\n");
    }

    /// <inheritdoc/>
    public override void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) => Line("", value, null, labels);

    /// <inheritdoc/>
    public override void Histogram(
        ReadOnlySpan<double> upperBounds, ReadOnlySpan<double> counts, double? sum, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        double total = 0;
        for (int bucket = 0; bucket < upperBounds.Length; bucket++)
        {
            total += counts[bucket];
            Line("_bucket", total, upperBounds[bucket], labels);
        }

        if (upperBounds.IsEmpty || !double.IsPositiveInfinity(upperBounds[^1]))
            Line("_bucket", total, double.PositiveInfinity, labels);
        if (sum is { } known)
            Line("_sum", known, null, labels);
        Line("_count", total, null, labels);
    }

    /// <summary>The format knows no exponential buckets: one for each power of two stands for them.</summary>
    public override void Histogram(
        ExponentialHistogram histogram, ReadOnlySpan<Exemplar> exemplars, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        ClassicBuckets buckets = ClassicBuckets.Of(histogram);
        Histogram(buckets.UpperBounds, buckets.Counts, histogram.Sum, labels);
    }

    /// <summary>A number as the format spells it.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private void Line(string suffix, double value, double? bound, ReadOnlySpan<(string Name, string Value)> labels)
    {
        Write(name);
        Write(suffix);
        char before = '{';
        foreach ((string label, string text) in labels)
        {
            Write($"{before}{label}=\"{Escape(text, quotes: true)}\"");
            before = ',';
        }

        if (bound is { } le)
        {
            Write($"{before}le=\"{Number(le)}\"");
            before = ',';
        }

        Write(before == '{' ? $" {Number(value)}\n" : $"}} {Number(value)}\n");
    }

    private static string Escape(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0)
            return text;
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, output);
}
