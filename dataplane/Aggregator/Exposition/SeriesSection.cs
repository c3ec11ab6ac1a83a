using System.Buffers;
using OppTel.Exports;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Exposition;

/// <summary>
/// The part of the exposition that hosts define through their catalogs. All values are read when it is made, so that they are of one moment
/// however slowly a client takes them.
/// </summary>
internal sealed class SeriesSection : IDisposable
{
    private readonly IReadOnlyList<SeriesEntry> entries;
    private readonly double?[] values;
    private readonly ulong oldest;
    private double[] counts = [];

    /// <summary>Reads the values of this moment.</summary>
    /// <param name="entries">All series in the order of the page.</param>
    /// <param name="oldest">CLOCK_BOOTTIME ns: series of hosts that have been silent since are left out, as they would look alive.</param>
    public SeriesSection(IReadOnlyList<SeriesEntry> entries, ulong oldest)
    {
        (this.entries, this.oldest) = (entries, oldest);
        values = ArrayPool<double?>.Shared.Rent(entries.Sum(entry => entry.Values));
        int next = 0;
        foreach (SeriesEntry entry in entries)
        {
            foreach (Series part in entry.Parts)
                values[next++] = Read(part);
            if (entry.Sum is not null)
                values[next++] = Read(entry.Sum);
        }
    }

    /// <summary>Writes every series that has a value; halts after each, so that the page can be sent in pieces.</summary>
    public IEnumerable<SeriesEntry> Write(MetricWriter writer)
    {
        MetricFamily? family = null;
        int next = 0;
        foreach (SeriesEntry entry in entries)
        {
            if (entry.Parts[0].Host.LastArrival >= oldest && IsComplete(values.AsSpan(next, entry.Parts.Length)))
            {
                if (family != entry.Family)
                    writer.Begin(family = entry.Family);
                Write(writer, entry, values.AsSpan(next, entry.Values));
            }

            next += entry.Values;
            yield return entry;
        }
    }

    public void Dispose() => ArrayPool<double?>.Shared.Return(values);

    private static double? Read(Series series) => series.TryRead(out SeriesValue value) ? value.Value : null;

    /// <summary>A histogram that lacks a bucket is left out: its sums would be wrong.</summary>
    private static bool IsComplete(ReadOnlySpan<double?> parts)
    {
        foreach (double? part in parts)
        {
            if (part is null)
                return false;
        }

        return true;
    }

    private void Write(MetricWriter writer, SeriesEntry entry, ReadOnlySpan<double?> read)
    {
        if (!entry.IsHistogram)
        {
            writer.Sample(read[0].GetValueOrDefault(), entry.Labels);
            return;
        }

        if (counts.Length < entry.Parts.Length)
            counts = new double[entry.Parts.Length];
        for (int bucket = 0; bucket < entry.Parts.Length; bucket++)
            counts[bucket] = read[bucket].GetValueOrDefault();
        double? sum = entry.Sum is null ? null : read[^1];
        writer.Histogram(entry.UpperBounds, counts.AsSpan(0, entry.Parts.Length), sum, entry.Labels);
    }
}
