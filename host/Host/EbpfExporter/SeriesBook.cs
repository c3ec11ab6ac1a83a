using OppTel.Catalog;
using OppTel.Configuration;
using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>The series of one metric by their labels, within the slots that there are; a counter with labels has one more, for what finds none.</summary>
internal sealed class SeriesBook
{
    private readonly ExporterMetric metric;
    private readonly SlotBudget quota;
    private readonly List<ExporterSeries> all = [];
    private readonly Dictionary<string, ExporterSeries> byName = new(StringComparer.Ordinal);
    private readonly SlotBatch batch = new();
    private Metric? defined;
    private ExporterSeries? other;

    /// <summary>Sets a slot aside for the series "other".</summary>
    /// <exception cref="OperatorException">There is no slot left.</exception>
    public SeriesBook(ExporterMetric metric, SlotBudget quota)
    {
        (this.metric, this.quota) = (metric, quota);
        HasOther = metric.Buckets is null && metric.Layout.Labels.Count > 0;
        if (HasOther && !quota.TryTake(1))
            throw new OperatorException(ExitCode.Configuration, $"{metric.Place}: no slot is left for {metric.Metric.Name}; give more (ebpf_exporter.slots)");
    }

    /// <summary>Whether what finds no slots is summed; buckets of different histograms cannot be.</summary>
    public bool HasOther { get; }

    /// <summary>Finds or makes the series with these labels.</summary>
    /// <param name="labels">Its labels.</param>
    /// <param name="store">Gives slots.</param>
    /// <param name="series">The series; null while slots that were given back are still on their way.</param>
    /// <returns>False when all slots are taken.</returns>
    public bool TryGet(SortedDictionary<string, string> labels, ISlotStore store, out ExporterSeries? series)
    {
        string name = string.Concat(labels.Select(label => $"{label.Key}\u0001{label.Value}\u0002"));
        if (byName.TryGetValue(name, out series))
            return true;
        // Before anything is taken: this fails where the name is another's.
        defined ??= Define(store);
        if (!quota.TryTake(metric.Metric.Slots))
            return false;
        series = Declare(name, labels, metric.Buckets is not null, store);
        if (series is null)
            quota.Give(metric.Metric.Slots);
        else
            byName[name] = series;
        return true;
    }

    /// <summary>The series for what found no slots; null while its slot is still on its way.</summary>
    public ExporterSeries? Other(ISlotStore store)
    {
        defined ??= Define(store);
        return other ??= Declare("", metric.Layout.Other(), keepsSum: true, store);
    }

    /// <summary>A key counts into a series no more; without keys, it is given up.</summary>
    public void Leave(ExporterSeries series, ISlotStore store)
    {
        series.Leave();
        if (series.Keys > 0 || series == other)
            return;
        all.Remove(series);
        byName.Remove(series.Name);
        store.Withdraw(series.FirstSlot);
        quota.Give(series.Slots);
    }

    /// <summary>Stores what has changed.</summary>
    public void WriteTo(ISlotStore store)
    {
        foreach (ExporterSeries series in all)
            series.WriteTo(batch, store);
        batch.Flush(store);
    }

    private ExporterSeries? Declare(string name, IReadOnlyDictionary<string, string> labels, bool keepsSum, ISlotStore store)
    {
        if (store.Declare(defined!, labels) is not { } firstSlot)
            return null;
        ExporterSeries series = new(name, firstSlot, metric.Metric.Slots, keepsSum);
        all.Add(series);
        return series;
    }

    private Metric Define(ISlotStore store)
    {
        if (store.IsTaken(metric.Metric.Name))
            throw new IOException($"{metric.Place}: {metric.Metric.Name} is the name of another source's metric");
        return store.Define(metric.Metric) ?? throw new IOException($"{metric.Place}: there are too many metrics for {metric.Metric.Name}");
    }
}
