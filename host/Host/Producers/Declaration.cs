using System.Globalization;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;
using OppTel.Producers;

namespace OppTel.Host.Producers;

/// <summary>A series that somebody declares, as far as it can be judged by itself.</summary>
/// <param name="Metric">Without an id.</param>
/// <param name="Labels">Its own.</param>
/// <param name="Cell">Its first.</param>
/// <param name="Cells">How many.</param>
internal sealed record Declaration(Metric Metric, SortedDictionary<string, string> Labels, int Cell, int Cells)
{
    /// <summary>Labels that the daemon sets.</summary>
    private static readonly string[] OwnLabels = ["producer", "process_pid"];

    /// <summary>Name and labels in one text: equal for equal series.</summary>
    public string Key => $"{Metric.Name}{string.Concat(Labels.Select(label => $"\n{label.Key}={label.Value}"))}";

    /// <summary>Reads a message.</summary>
    /// <param name="message">Of a stranger.</param>
    /// <param name="cells">That the stranger has.</param>
    /// <param name="declaration">What it says; null unless it is accepted.</param>
    public static ProducerVerdict TryRead(in ProducerDeclare message, int cells, out Declaration? declaration)
    {
        declaration = null;
        if (!ProducerStrings.TryRead(message.Help, out string help) || !ProducerStrings.TryRead(message.Name, out string name))
            return ProducerVerdict.BadText;
        if (!IsPair(message.Metric, message.Encoding))
            return ProducerVerdict.BadKind;
        if (!double.IsFinite(message.Scale) || message.Scale <= 0)
            return ProducerVerdict.BadScale;
        bool isCounter = message.Metric == CellKind.Counter;
        if (!ProducerStrings.IsName(name) || (isCounter ? !name.EndsWith("_total", StringComparison.Ordinal) : DeclaredFamilies.HasDerivedEnding(name)))
            return ProducerVerdict.BadName;
        SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
        if (!TryRead(message.Label, labels))
            return ProducerVerdict.BadLabels;
        int count = message.Metric == CellKind.Histogram ? (int)HistogramLayout.Slots : 1;
        if (message.Cell >= (uint)cells || cells - (int)message.Cell < count)
            return ProducerVerdict.BadCells;
        declaration = new Declaration(Make(message, name, help), labels, (int)message.Cell, count);
        return ProducerVerdict.Accepted;
    }

    /// <summary>The labels of the series, with whose it is.</summary>
    public SortedDictionary<string, string> LabelsOf(string producer, int process) => new(Labels, StringComparer.Ordinal)
    {
        [OwnLabels[0]] = producer,
        [OwnLabels[1]] = process.ToString(CultureInfo.InvariantCulture),
    };

    private static bool IsPair(CellKind kind, CellEncoding encoding) => (kind, encoding) switch
    {
        (CellKind.Counter or CellKind.Gauge or CellKind.Histogram, CellEncoding.Unsigned) => true,
        (CellKind.Counter or CellKind.Gauge, CellEncoding.Double) => true,
        (CellKind.Gauge, CellEncoding.Signed) => true,
        _ => false,
    };

    private static bool TryRead(ReadOnlySpan<ProducerLabel> all, SortedDictionary<string, string> labels)
    {
        foreach (ref readonly ProducerLabel label in all)
        {
            if (!ProducerStrings.TryRead(label.Name, out string name) || !ProducerStrings.TryRead(label.Value, out string value))
                return false;
            if (name.Length == 0)
                break;
            if (!ProducerStrings.IsName(name) || DeclaredFamilies.IsReservedLabel(name) || OwnLabels.Contains(name) || !labels.TryAdd(name, value))
                return false;
        }

        // To Prometheus a label without a value is none: two series that differ in nothing else would be one.
        foreach (string name in labels.Where(label => label.Value.Length == 0).Select(label => label.Key).ToList())
            labels.Remove(name);
        return SeriesLabels.Fit(labels);
    }

    private static Metric Make(in ProducerDeclare message, string name, string help)
    {
        if (message.Metric == CellKind.Histogram)
        {
            Metric histogram = SlotMetrics.Histogram(name, help);
            histogram.LogLinear.Unit = message.Scale;
            return histogram;
        }

        Metric metric = message.Metric == CellKind.Counter ? SlotMetrics.Counter(name, help, message.Scale) : SlotMetrics.Gauge(name, help, message.Scale);
        metric.Encoding = message.Encoding switch
        {
            CellEncoding.Signed => Metric.Types.Encoding.Signed,
            CellEncoding.Double => Metric.Types.Encoding.Double,
            _ => Metric.Types.Encoding.Unsigned,
        };
        return metric;
    }
}
