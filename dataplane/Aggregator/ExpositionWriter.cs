using System.Buffers;
using System.Globalization;
using System.Text;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator;

/// <summary>
/// Writes the Prometheus text format, version 0.0.4. Own code, because what is written here are absolute values that other
/// programs counted: they go back when their program restarts, which a client library's counters and histograms cannot.
/// </summary>
/// <param name="output">Takes the UTF-8 text.</param>
internal sealed class ExpositionWriter(IBufferWriter<byte> output)
{
    private string name = "";

    /// <summary>Begins a family; its samples follow.</summary>
    public void Begin(MetricFamily family)
    {
        name = family.Name;
        string type = family.Kind switch { Kind.Counter => "counter", Kind.Gauge => "gauge", _ => "histogram" };
        Write($"# HELP {name} {Escape(family.Help, quotes: false)}\n# TYPE {name} {type}\n");
    }

    /// <summary>One sample of the family that was begun last.</summary>
    public void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) => Sample("", value, labels);

    /// <summary>One sample of a derived name, such as _bucket.</summary>
    public void Sample(string suffix, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        Write(name);
        Write(suffix);
        char before = '{';
        foreach ((string label, string text) in labels)
        {
            Write($"{before}{label}=\"{Escape(text, quotes: true)}\"");
            before = ',';
        }

        Write(before == '{' ? $" {Number(value)}\n" : $"}} {Number(value)}\n");
    }

    /// <summary>A number as the format spells it.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Escape(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0)
            return text;
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, output);
}
