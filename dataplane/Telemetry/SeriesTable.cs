using System.Text;
using OppTel.Catalog;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Telemetry;

/// <summary>Why a slot got no series of its own.</summary>
public enum SeriesRefusal
{
    /// <summary>The table is full.</summary>
    Overflow = 0,

    /// <summary>The name already means something of another kind, or belongs to the aggregator itself.</summary>
    FamilyConflict = 1,

    /// <summary>The slot got the series of another one, which carries it as well: the newer slot counts.</summary>
    Contested = 2,
}

/// <summary>
/// All series of all hosts, bounded. One thread changes it, when catalogs change and when series expire; any thread reads
/// <see cref="Snapshot"/>.
/// </summary>
/// <param name="maxSeries">
/// Series that are kept at once, ended ones included; their names and labels may have <see cref="AverageText"/> characters each on
/// average.
/// </param>
/// <param name="retention">How long an ended series stays, in nanoseconds.</param>
/// <param name="reserved">Names that hosts may not use.</param>
public sealed class SeriesTable(int maxSeries, ulong retention, IReadOnlySet<string> reserved)
{
    /// <summary>Number of refusals.</summary>
    public const int Refusals = 3;

    /// <summary>Characters of a name and its labels that a sensible host stays far below on average.</summary>
    public const int AverageText = 512;

    private readonly Dictionary<string, Series> series = [];
    private readonly Dictionary<string, MetricFamily> families = [];
    private readonly StringBuilder key = new();
    private readonly ulong[] refused = new ulong[Refusals];
    private Series[] snapshot = [];
    private long text;
    private bool changed;
    private uint lastId;

    /// <summary>Who is told of every series and every record.</summary>
    public IReadOnlyList<IRecordSink> Sinks { get; init; } = [];

    /// <summary>Most series.</summary>
    public int Capacity => maxSeries;

    /// <summary>All series as of the last <see cref="Publish"/>, in no order.</summary>
    public IReadOnlyList<Series> Snapshot => Volatile.Read(ref snapshot);

    /// <summary>Times that a slot got no series of its own.</summary>
    public ulong Refused(SeriesRefusal reason) => Volatile.Read(ref refused[(int)reason]);

    /// <summary>Finds or makes the series of a slot; null, and counted, when there cannot be one.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="host">The host.</param>
    /// <param name="metric">A validated metric.</param>
    /// <param name="entity">Labels of the entity; validated.</param>
    internal Series? Acquire(int slot, HostIdentity host, Metric metric, IDictionary<string, string> entity)
    {
        KeyValuePair<string, string>[] labels = LabelsOf(host, metric, entity);
        string name = KeyOf(metric, labels);
        if (!series.TryGetValue(name, out Series? found))
        {
            if (!HasRoom(name))
                return Refuse(SeriesRefusal.Overflow);
            if (FamilyOf(metric) is not { } family)
                return Refuse(SeriesRefusal.FamilyConflict);
            found = new Series(host, family, name, labels, metric);
            Add(found);
        }
        else if (found.Family.Kind != FamilyKind(metric))
        {
            return Refuse(SeriesRefusal.FamilyConflict);
        }

        found.Host = host;
        if (found.Define(metric))
            Number(found);
        return Claim(found, slot);
    }

    /// <summary>Gives a slot back the series that it had in an older epoch; null when there is no room any more.</summary>
    internal Series? AcquireAgain(int slot, Series former)
    {
        if (series.TryGetValue(former.Key, out Series? found))
            return Claim(found, slot);
        if (!HasRoom(former.Key))
            return Refuse(SeriesRefusal.Overflow);
        if (families.GetValueOrDefault(former.Family.Name, former.Family) != former.Family)
            return Refuse(SeriesRefusal.FamilyConflict);
        families[former.Family.Name] = former.Family;
        Add(former);
        return Claim(former, slot);
    }

    /// <summary>Drops what has ended long enough ago.</summary>
    /// <param name="now">The DPU's clock.</param>
    public void Maintain(ulong now)
    {
        int before = series.Count;
        foreach (Series candidate in series.Values)
        {
            // Removal while enumerating is allowed for dictionaries.
            if (!candidate.IsHeld && Elapsed.Between(candidate.EndedAt, now) >= retention && series.Remove(candidate.Key))
            {
                text -= candidate.Key.Length;
                Forget(candidate);
            }
        }

        if (series.Count == before)
            return;
        changed = true;
        HashSet<string> used = [.. series.Values.Select(entry => entry.Family.Name)];
        foreach (string name in families.Keys.Where(name => !used.Contains(name)))
            families.Remove(name);
    }

    /// <summary>Makes a new snapshot if series came or went; only copies, because the caller has records to take.</summary>
    public void Publish()
    {
        if (!changed)
            return;
        changed = false;
        Volatile.Write(ref snapshot, [.. series.Values]);
    }

    private bool HasRoom(string name) => series.Count < maxSeries && text + name.Length <= (long)maxSeries * AverageText;

    private void Add(Series added)
    {
        series.Add(added.Key, added);
        text += added.Key.Length;
        changed = true;
        Number(added);
    }

    private void Number(Series numbered)
    {
        Forget(numbered);
        numbered.Id = ++lastId;
        foreach (IRecordSink sink in Sinks)
            sink.Declare(numbered);
    }

    private void Forget(Series gone)
    {
        foreach (IRecordSink sink in Sinks)
        {
            if (gone.Id != 0)
                sink.Forget(gone.Id);
        }
    }

    private MetricFamily? FamilyOf(Metric metric)
    {
        if (families.TryGetValue(metric.Name, out MetricFamily? family))
            return family.Kind == FamilyKind(metric) ? family : null;
        if (reserved.Contains(metric.Name))
            return null;
        family = new MetricFamily(metric.Name, metric.Help.Length == 0 ? "Reported by the host." : metric.Help, FamilyKind(metric));
        families.Add(metric.Name, family);
        return family;
    }

    /// <summary>A histogram's sum belongs to its buckets.</summary>
    private static Kind FamilyKind(Metric metric) => metric.Kind == Kind.HistogramSum ? Kind.HistogramBucket : metric.Kind;

    private Series Claim(Series found, int slot)
    {
        if (!found.Claim(slot))
            refused[(int)SeriesRefusal.Contested]++;
        return found;
    }

    private Series? Refuse(SeriesRefusal reason)
    {
        refused[(int)reason]++;
        return null;
    }

    private static KeyValuePair<string, string>[] LabelsOf(HostIdentity host, Metric metric, IDictionary<string, string> entity)
    {
        KeyValuePair<string, string>[] labels = new KeyValuePair<string, string>[metric.Labels.Count + entity.Count + 1];
        ((IDictionary<string, string>)metric.Labels).CopyTo(labels, 0);
        entity.CopyTo(labels, metric.Labels.Count);
        labels[^1] = new("host", host.Name);
        Array.Sort(labels, (left, right) => string.CompareOrdinal(left.Key, right.Key));
        return labels;
    }

    /// <summary>
    /// Equal for equal series, and ordered by family, then labels, then a bucket's bound or the sum. Control characters separate: names do
    /// not contain them, and values are preceded by their length.
    /// </summary>
    private string KeyOf(Metric metric, KeyValuePair<string, string>[] labels)
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
}
