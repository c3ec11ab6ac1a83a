using OppTel.Catalog;
using OppTel.Host.Tests.Daemon;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>What a store has been told, by name and labels.</summary>
internal static class StoredSeries
{
    /// <summary>Values of a counter by the texts of its labels, in the order of their names.</summary>
    public static Dictionary<string, ulong> Counter(this RecordingStore store, string name) => store.Declared
        .Where(series => series.Metric.Name == $"ebpf_exporter_{name}")
        .ToDictionary(series => Text(series.Labels), series => store[series.FirstSlot]);

    /// <summary>Buckets and sum of a histogram by the texts of its labels.</summary>
    public static Dictionary<string, (Bounds Bounds, ulong[] Values)> Histogram(this RecordingStore store, string name) => store.Declared
        .Where(series => series.Metric.Name == $"ebpf_exporter_{name}")
        .ToDictionary(
            series => Text(series.Labels),
            series => (series.Metric.Bounds, Enumerable.Range((int)series.FirstSlot, series.Metric.Slots).Select(slot => store[(uint)slot]).ToArray()));

    private static string Text(IReadOnlyDictionary<string, string> labels) => string.Join(' ', labels.Values);
}
