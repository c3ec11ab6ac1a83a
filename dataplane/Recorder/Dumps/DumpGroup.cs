using OppTel.Recorder.Queries;
using Parquet;

namespace OppTel.Recorder.Dumps;

/// <summary>Turns groups of rows into columns.</summary>
internal sealed class DumpGroup
{
    private readonly IReadOnlyList<RecordedSeries> series;
    private readonly long difference;
    private readonly CounterReader[] readers;
    private readonly ReadOnlyMemory<char>[] hosts;
    private readonly (ReadOnlyMemory<char> Name, ReadOnlyMemory<char> Value)[][] labels;

    /// <summary>For these series; counters go on from one group to the next.</summary>
    public DumpGroup(IReadOnlyList<RecordedSeries> series, long difference)
    {
        this.series = series;
        this.difference = difference;
        readers = [.. series.Select(entry => new CounterReader(entry))];
        hosts = [.. series.Select(entry => entry.Label("host").AsMemory())];
        labels = [.. series.Select(LabelsOf)];
    }

    /// <summary>Writes one group; the number of its rows.</summary>
    public async Task<int> WriteAsync(ParquetWriter writer, ScannedRecord[] rows, CancellationToken cancellation)
    {
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        Task Write<T>(Parquet.Schema.DataField field, Func<ScannedRecord, T> value)
            where T : struct => group.WriteAsync<T>(field, Array.ConvertAll(rows, row => value(row)), null, null, cancellation);
        await Write(DumpSchema.Time, row => DateTime.UnixEpoch.AddTicks((row.Time + difference) / 100)).ConfigureAwait(false);
        await Write(DumpSchema.HostTime, row => row.Time - row.Offset).ConfigureAwait(false);
        await Write(DumpSchema.Name, row => series[row.Series].Family.Name.AsMemory()).ConfigureAwait(false);
        await Write(DumpSchema.Host, row => hosts[row.Series]).ConfigureAwait(false);
        await WriteLabels(group, rows, cancellation).ConfigureAwait(false);
        await Write(DumpSchema.Kind, row => series[row.Series].Kind.AsMemory()).ConfigureAwait(false);
        await Write(DumpSchema.Value, Read).ConfigureAwait(false);
        await Write(DumpSchema.Raw, row => row.Raw).ConfigureAwait(false);
        group.CompleteValidate();
        return rows.Length;
    }

    private double Read(ScannedRecord row)
    {
        ref CounterReader reader = ref readers[row.Series];
        reader.Read(row);
        return reader.Value;
    }

    private async Task WriteLabels(ParquetRowGroupWriter group, ScannedRecord[] rows, CancellationToken cancellation)
    {
        int count = rows.Sum(row => labels[row.Series].Length), at = 0;
        ReadOnlyMemory<char>[] names = new ReadOnlyMemory<char>[count], values = new ReadOnlyMemory<char>[count];
        // A map's entries: the first of a row begins a new one, and none is missing.
        int[] repetitions = new int[count], definitions = new int[count];
        Array.Fill(definitions, DumpSchema.LabelNames.MaxDefinitionLevel);
        foreach (ScannedRecord row in rows)
        {
            for (int label = 0; label < labels[row.Series].Length; label++)
            {
                (names[at], values[at]) = labels[row.Series][label];
                repetitions[at++] = label == 0 ? 0 : 1;
            }
        }

        await group.WriteAllPartsAsync<ReadOnlyMemory<char>>(DumpSchema.LabelNames, names, definitions, repetitions, cancellation).ConfigureAwait(false);
        await group.WriteAllPartsAsync<ReadOnlyMemory<char>>(DumpSchema.LabelValues, values, definitions, repetitions, cancellation).ConfigureAwait(false);
    }

    private static (ReadOnlyMemory<char> Name, ReadOnlyMemory<char> Value)[] LabelsOf(RecordedSeries series)
    {
        IEnumerable<KeyValuePair<string, string>> labels = series.Bound is { } bound ? series.Labels.Append(new("le", bound)) : series.Labels;
        return [.. labels.Select(label => (label.Key.AsMemory(), label.Value.AsMemory()))];
    }
}
