using System.Text;
using OppTel.Catalog;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Telemetry;

/// <summary>Labels and keys of series, as slots' meanings give them.</summary>
internal sealed class SeriesNames
{
    private readonly StringBuilder key = new();

    /// <summary>Labels sorted by name, the host's included; one of the entity replaces that of the metric.</summary>
    public static KeyValuePair<string, string>[] LabelsOf(HostIdentity host, Metric metric, IEnumerable<KeyValuePair<string, string>> entity)
    {
        SortedDictionary<string, string> labels = new(metric.Labels, StringComparer.Ordinal) { ["host"] = host.Name };
        foreach ((string name, string value) in entity)
            labels[name] = value;
        return [.. labels];
    }

    /// <summary>
    /// Equal for equal series, and ordered by family, then labels, then a bucket's bound or the sum. Control characters separate: names do
    /// not contain them, and values are preceded by their length.
    /// </summary>
    public string KeyOf(Metric metric, KeyValuePair<string, string>[] labels)
    {
        key.Clear().Append(metric.Name);
        foreach ((string name, string value) in labels)
            key.Append('\u0001').Append(name).Append('\u0002').Append(value.Length).Append(':').Append(value);
        if (metric.Kind == Kind.HistogramBucket)
            key.Append('\u0001').Append(metric.UpperBound.ToString("R"));
        else if (metric.Kind == Kind.HistogramSum)
            key.Append('\u0001').Append("sum");
        return key.ToString();
    }

    /// <summary>A histogram's sum belongs to its buckets.</summary>
    public static Kind FamilyKind(Metric metric) => metric.Kind == Kind.HistogramSum ? Kind.HistogramBucket : metric.Kind;
}
