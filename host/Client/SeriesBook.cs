using System.Globalization;
using System.Text;
using OppTel.Producers;

namespace OppTel.Client;

/// <summary>All series of a producer, and the cells that they have.</summary>
/// <param name="cells">All cells.</param>
internal sealed class SeriesBook(Cells cells)
{
    private const string OverflowLabel = "otel_metric_overflow";
    private readonly Lock gate = new();
    private readonly Dictionary<string, Series> byKey = new(StringComparer.Ordinal);
    private readonly List<Series> all = [];
    private int used;
    private long overflows;

    /// <summary>Measurements that found no series of their own.</summary>
    public long Overflows => Interlocked.Read(ref overflows);

    /// <summary>How many series there are.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return all.Count;
        }
    }

    /// <summary>Whether a series takes what found none of its own.</summary>
    public static bool IsOverflow(Series series) => series.Labels.ContainsKey(OverflowLabel);

    /// <summary>Series from a position on, in the order of their making.</summary>
    public IReadOnlyList<Series> From(int position)
    {
        lock (gate)
            return all[position..];
    }

    /// <summary>Counts a measurement without a series of its own.</summary>
    public void CountOverflow() => Interlocked.Increment(ref overflows);

    /// <summary>
    /// Finds or makes a series. The last cells that there are for a shape take what overflows; null where there are none, or the tags
    /// cannot be labels.
    /// </summary>
    /// <param name="shape">Of the instrument.</param>
    /// <param name="tags">Empty for a series without labels.</param>
    /// <param name="isFull">Whether no more series of this shape can be made: what was found takes all that has none.</param>
    public Series? Find(SeriesShape shape, ReadOnlySpan<KeyValuePair<string, object?>> tags, out bool isFull)
    {
        SortedDictionary<string, string>? labels = Labels(tags);
        lock (gate)
        {
            isFull = false;
            if (labels is not null && byKey.TryGetValue(Key(shape, labels), out Series? known))
                return known;
            if (labels is not null && used + ((tags.Length > 0 ? 2 : 1) * shape.Cells) <= cells.Count)
                return Make(shape, labels);
            isFull = labels is not null;
            SortedDictionary<string, string> overflow = new(StringComparer.Ordinal) { [OverflowLabel] = "true" };
            Interlocked.Increment(ref overflows);
            if (byKey.TryGetValue(Key(shape, overflow), out known))
                return known;
            return used + shape.Cells > cells.Count ? null : Make(shape, overflow);
        }
    }

    private Series Make(SeriesShape shape, SortedDictionary<string, string> labels)
    {
        cells.Use(used, shape.Cells, shape.Use);
        Series series = new(shape, labels, cells, used);
        used += shape.Cells;
        all.Add(series);
        byKey[Key(shape, labels)] = series;
        return series;
    }

    private static string Key(SeriesShape shape, SortedDictionary<string, string> labels) =>
        $"{shape.Name}\n{shape.Kind}{shape.Encoding}{shape.IsSet}{shape.Factor}{string.Concat(labels.Select(label => $"\n{label.Key}={label.Value}"))}";

    /// <summary>Null where there are more than the daemon takes, or longer ones. Of two tags of a name the last counts, as OpenTelemetry has it.</summary>
    private static SortedDictionary<string, string>? Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach ((string name, object? value) in tags)
        {
            string label = PrometheusNames.Label(name);
            if (label.Length >= ProducerProtocol.TextSize)
                return null;
            labels[label] = Cut(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        }

        // To Prometheus a label without a value is none.
        foreach (string empty in labels.Where(label => label.Value.Length == 0).Select(label => label.Key).ToList())
            labels.Remove(empty);
        bool isTooLong = labels.Sum(label => label.Key.Length + Encoding.UTF8.GetByteCount(label.Value)) > ProducerProtocol.LabelBytes;
        return isTooLong || labels.Count > ProducerProtocol.Labels ? null : labels;
    }

    /// <summary>As many whole characters as the daemon takes.</summary>
    private static string Cut(string text)
    {
        StringBuilder shorter = new(text.Length);
        int bytes = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes >= ProducerProtocol.TextSize || rune.Value == 0)
                break;
            shorter.Append(rune.ToString());
        }

        return shorter.ToString();
    }
}
