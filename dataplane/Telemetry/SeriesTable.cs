using OppTel.Catalog;
using OppTel.Telemetry.Distributions;

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

    /// <summary>Its metric has as many series as one may have of a host: it feeds the overflow series instead.</summary>
    Folded = 3,

    /// <summary>Likewise, but it is a gauge whose values add up to nothing that makes sense: it is left out.</summary>
    LeftOut = 4,
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
/// <param name="maxPerMetric">Series of one metric of one host that are shown; what comes beyond feeds one overflow series.</param>
public sealed class SeriesTable(int maxSeries, ulong retention, IReadOnlySet<string> reserved, int maxPerMetric = int.MaxValue)
{
    /// <summary>Number of refusals.</summary>
    public const int Refusals = 5;

    /// <summary>Characters of a name and its labels that a sensible host stays far below on average.</summary>
    public const int AverageText = 512;

    private readonly Dictionary<string, Series> series = [];
    private readonly Dictionary<string, MetricFamily> families = [];
    private readonly SeriesNames names = new();
    private readonly SeriesCardinality cardinality = new(maxPerMetric);
    private readonly ulong[] refused = new ulong[Refusals];
    private Series[] snapshot = [];
    private long text;
    private int folded;
    private bool changed;
    private uint lastId;

    /// <summary>Who is told of every series and every record.</summary>
    public IReadOnlyList<IRecordSink> Sinks { get; init; } = [];

    /// <summary>Most series.</summary>
    public int Capacity => maxSeries;

    /// <summary>Where distributions of series are kept; null for nowhere.</summary>
    public DistributionSet? Distributions { get; init; }

    /// <summary>Series that feed an overflow series, as of the last <see cref="Publish"/>.</summary>
    public int Folded => Volatile.Read(ref folded);

    /// <summary>All series that are shown, as of the last <see cref="Publish"/>, in no order.</summary>
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
        KeyValuePair<string, string>[] labels = SeriesNames.LabelsOf(host, metric, entity);
        string name = names.KeyOf(metric, labels);
        if (!series.TryGetValue(name, out Series? found))
        {
            if (!HasRoom(name))
                return Refuse(SeriesRefusal.Overflow);
            if (FamilyOf(metric) is not { } family)
                return Refuse(SeriesRefusal.FamilyConflict);
            found = new Series(host, family, name, labels, metric);
            if (Place(found, metric) is { } refusal)
                return Refuse(refusal);
        }
        else if (found.Family.Kind != SeriesNames.FamilyKind(metric) || found.IsOverflow)
        {
            return Refuse(SeriesRefusal.FamilyConflict);
        }

        found.Host = host;
        if (found.Overflow is { } target)
            target.Host = host;
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
        if (former.Overflow is null && !cardinality.TryEnter(former))
            return Refuse(SeriesRefusal.Overflow);
        families[former.Family.Name] = former.Family;
        if (former.Overflow is { } target)
        {
            // The one that it fed may have ended, and a new one taken its place.
            if (!series.TryGetValue(target.Key, out Series? current))
                Add(current = target);
            former.Join(current);
        }

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
            if (!candidate.IsHeld && Elapsed.Between(candidate.EndedAt, now) >= retention)
                Remove(candidate, now);
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
        Series[] shown = [.. series.Values.Where(entry => entry.Overflow is null)];
        Volatile.Write(ref folded, series.Count - shown.Length);
        Volatile.Write(ref snapshot, shown);
    }

    private bool HasRoom(string name) => series.Count < maxSeries && text + name.Length <= (long)maxSeries * AverageText;

    /// <summary>Gives a new series its place: shown, or feeding the overflow series of its metric. Why there is none, or null.</summary>
    private SeriesRefusal? Place(Series added, Metric metric)
    {
        if (!cardinality.TryEnter(added))
        {
            if (!SeriesCardinality.CanAdd(added.Family))
                return SeriesRefusal.LeftOut;
            if (OverflowOf(added, metric) is not { } target || !HasRoom(added.Key))
                return SeriesRefusal.Overflow;
            refused[(int)SeriesRefusal.Folded]++;
            added.Join(target);
        }

        Add(added);
        return null;
    }

    private Series? OverflowOf(Series member, Metric metric)
    {
        KeyValuePair<string, string>[] labels = SeriesNames.LabelsOf(member.Host, metric, [new(Series.OverflowLabel, "true")]);
        string name = names.KeyOf(metric, labels);
        if (series.TryGetValue(name, out Series? found))
            return found.IsOverflow ? found : null;
        if (!HasRoom(name))
            return null;
        found = new Series(member.Host, member.Family, name, labels, metric) { IsOverflow = true };
        Add(found);
        return found;
    }

    private void Add(Series added)
    {
        series.Add(added.Key, added);
        text += added.Key.Length;
        added.IsRemoved = false;
        if (added.Overflow is null)
            Distributions?.Attach(added, families.ContainsKey);
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

    private void Remove(Series ended, ulong now)
    {
        if (!series.Remove(ended.Key))
            return;
        text -= ended.Key.Length;
        Forget(ended);
        ended.IsRemoved = true;
        ended.Leave(now);
        if (ended.Overflow is null)
            Distributions?.Detach(ended);
        if (ended.Overflow is null && !ended.IsOverflow)
            cardinality.Leave(ended);
    }

    private MetricFamily? FamilyOf(Metric metric)
    {
        if (families.TryGetValue(metric.Name, out MetricFamily? family))
            return family.Kind == SeriesNames.FamilyKind(metric) ? family : null;
        if (reserved.Contains(metric.Name) || Distributions?.IsTaken(metric.Name) == true)
            return null;
        family = new MetricFamily(
            metric.Name, metric.Help.Length == 0 ? "Reported by the host." : metric.Help, SeriesNames.FamilyKind(metric));
        families.Add(metric.Name, family);
        return family;
    }

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
}
