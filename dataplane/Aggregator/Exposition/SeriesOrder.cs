using OppTel.Exports;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Exposition;

/// <summary>
/// All series in the order of a page: by family, then labels; the buckets of a histogram together. Worked out when series came or went, and
/// then only for these. Requests share it.
/// </summary>
internal sealed class SeriesOrder
{
    private static readonly Comparison<Series> ByKey = (left, right) => string.CompareOrdinal(left.Key, right.Key);

    private readonly Lock gate = new();
    private IReadOnlyList<Series>? source;
    private Series[] sorted = [];
    private SeriesEntry[] entries = [];

    /// <summary>The entries of a snapshot.</summary>
    public IReadOnlyList<SeriesEntry> Of(IReadOnlyList<Series> snapshot)
    {
        lock (gate)
        {
            if (ReferenceEquals(snapshot, source))
                return entries;
            Dictionary<Series, SeriesEntry> known = entries.ToDictionary(entry => entry.Parts[0]);
            sorted = Sort(sorted, snapshot);
            entries = [.. Compose(sorted, known)];
            source = snapshot;
            return entries;
        }
    }

    /// <summary>Sorts only what was not there before.</summary>
    private static Series[] Sort(Series[] before, IReadOnlyList<Series> snapshot)
    {
        HashSet<Series> there = [.. snapshot], known = [.. before];
        Series[] kept = [.. before.Where(there.Contains)], added = [.. snapshot.Where(series => !known.Contains(series))];
        Array.Sort(added, ByKey);
        Series[] all = new Series[kept.Length + added.Length];
        for (int next = 0, old = 0, young = 0; next < all.Length; next++)
        {
            bool isOld = young == added.Length || (old < kept.Length && ByKey(kept[old], added[young]) < 0);
            all[next] = isOld ? kept[old++] : added[young++];
        }

        return all;
    }

    private static IEnumerable<SeriesEntry> Compose(Series[] sorted, Dictionary<Series, SeriesEntry> known)
    {
        for (int first = 0; first < sorted.Length;)
        {
            Series series = sorted[first];
            if (series.Family.Kind != Catalog.Metric.Types.Kind.HistogramBucket)
            {
                yield return known.GetValueOrDefault(series) ?? new SeriesEntry([series], null, new LabelSet(series.Labels));
                first++;
                continue;
            }

            int end = first;
            while (end < sorted.Length && sorted[end].Family.Name == series.Family.Name)
                end++;
            foreach (List<Series> histogram in Group(sorted.AsSpan(first..end)))
            {
                if (Histogram(histogram, known) is { } entry)
                    yield return entry;
            }

            first = end;
        }
    }

    /// <summary>
    /// The histograms of a family. By key, another one's buckets may lie between the buckets of one that has fewer labels.
    /// </summary>
    private static List<List<Series>> Group(ReadOnlySpan<Series> family)
    {
        List<List<Series>> histograms = [];
        Dictionary<string, List<Series>> byLabels = [];
        var lookup = byLabels.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (Series part in family)
        {
            // The last piece of a key is the bound, or the word for the sum.
            ReadOnlySpan<char> labels = part.Key.AsSpan(0, part.Key.LastIndexOf('\u0001'));
            if (!lookup.TryGetValue(labels, out List<Series>? histogram))
            {
                lookup[labels] = histogram = [];
                histograms.Add(histogram);
            }

            histogram.Add(part);
        }

        return histograms;
    }

    private static SeriesEntry? Histogram(List<Series> parts, Dictionary<Series, SeriesEntry> known)
    {
        Series? sum = parts.Find(part => part.IsSum);
        Series[] buckets = [.. parts.Where(part => !part.IsSum).OrderBy(part => part.UpperBound)];
        if (buckets.Length == 0)
            return null;
        SeriesEntry? former = known.GetValueOrDefault(buckets[0]);
        return former is not null && former.Sum == sum && former.Parts.AsSpan().SequenceEqual(buckets)
            ? former
            : new SeriesEntry(buckets, sum, former?.Labels ?? new LabelSet(buckets[0].Labels));
    }
}
