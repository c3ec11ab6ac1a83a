using System.Buffers;
using System.Globalization;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports;

/// <summary>
/// Writes OpenMetrics 1.0. What the standard forbids is left out, because a strict reader refuses the whole page for it: counters and
/// buckets that are negative or no number, and <c>_count</c> of histograms whose sum nobody knows. There are no <c>_created</c>
/// lines: nobody knows when a host's counters began, and Prometheus makes a series of each such line.
/// </summary>
/// <param name="output">Takes the UTF-8 text.</param>
public sealed class OpenMetricsWriter(IBufferWriter<byte> output) : TextFormatWriter(output)
{
    private const string CounterSuffix = "_total";

    /// <summary>Base units; the last word of a name that is none of them is no unit.</summary>
    private static readonly string[] Units =
        ["seconds", "bytes", "ratio", "celsius", "joules", "watts", "volts", "amperes", "hertz", "meters", "grams"];

    private readonly HashSet<string> begun = [];
    private bool isCounter;

    /// <inheritdoc/>
    public override void Begin(MetricFamily family)
    {
        Name = family.Name;
        isCounter = family.Kind == Kind.Counter;
        string type = family.Kind switch { Kind.Counter => "counter", Kind.Gauge => "gauge", _ => "histogram" };
        string title = isCounter && Name.EndsWith(CounterSuffix, StringComparison.Ordinal) ? Name[..^CounterSuffix.Length] : Name;
        // A gauge has the counter's name without its suffix: a family of no type keeps its whole name.
        if (!begun.Add(title) && begun.Add(Name))
            (title, type) = (Name, "unknown");
        Output.Text($"# TYPE {title} {type}\n");
        if (Array.Find(Units, unit => title.EndsWith(unit, StringComparison.Ordinal) && title.AsSpan(0, title.Length - unit.Length) is [.., '_']) is { } unit)
            Output.Text($"# UNIT {title} {unit}\n");
        Output.Text($"# HELP {title} ");
        Output.Escaped(family.Help, quotes: true);
        Output.Raw("\n"u8);
    }

    /// <inheritdoc/>
    public override void End() => Output.Raw("# EOF\n"u8);

    private protected override void WriteSample(double value, ReadOnlySpan<byte> labels)
    {
        if (!isCounter || value >= 0)
            Line(""u8, labels, value);
    }

    private protected override void WriteHistogram(ClassicHistogram histogram, ReadOnlySpan<byte> labels)
    {
        if (!histogram.IsCountable)
            return;
        double total = WriteBuckets(histogram, labels);
        // A sum of values of which some are negative would go back.
        bool canFall = !histogram.UpperBounds.IsEmpty && histogram.UpperBounds[0] < 0;
        if (canFall || histogram.Sum is not { } sum || !(sum >= 0))
            return;
        Line("_sum"u8, labels, sum);
        Line("_count"u8, labels, total);
    }

    private protected override void WriteExemplar(in Exemplar exemplar)
    {
        Output.Raw(" # {"u8);
        Output.Labels([.. exemplar.Labels]);
        Output.Raw("} "u8);
        Output.Number(exemplar.Value);
        Output.Text(string.Create(CultureInfo.InvariantCulture, $" {exemplar.Time.ToUnixTimeMilliseconds() / 1e3:F3}"));
    }
}
