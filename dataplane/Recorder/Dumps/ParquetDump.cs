using OppTel.Recorder.Queries;
using Parquet;

namespace OppTel.Recorder.Dumps;

/// <summary>Writes records as a Parquet file: groups of rows by time, in each of them rows by name, host, labels and time.</summary>
public static class ParquetDump
{
    private static readonly ParquetOptions Options = new()
    {
        CompressionMethod = CompressionMethod.Zstd,
        CompressionLevel = System.IO.Compression.CompressionLevel.Fastest,
        ColumnEncodingHints = { [DumpSchema.HostTime.Path.ToString()] = EncodingHint.DeltaBinaryPacked },
    };

    /// <summary>Writes the records of a time.</summary>
    /// <param name="output">Where to; can seek.</param>
    /// <param name="reader">Reads the history.</param>
    /// <param name="selection">Of these series.</param>
    /// <param name="from">The DPU's clock, in nanoseconds.</param>
    /// <param name="to">The DPU's clock, in nanoseconds; not included.</param>
    /// <param name="difference">Unix time minus the DPU's clock, in nanoseconds.</param>
    /// <param name="limit">Bytes of the file, at most.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The number of records.</returns>
    /// <exception cref="QueryException">It would be larger.</exception>
    public static async Task<long> WriteAsync(
        Stream output, HistoryReader reader, SeriesSelection selection, long from, long to, long difference, long limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(selection);
        selection = new SeriesSelection([.. selection.Series
            .OrderBy(series => series.Family.Name, StringComparer.Ordinal)
            .ThenBy(series => series.Label("host"), StringComparer.Ordinal).ThenBy(series => series.Key, StringComparer.Ordinal)]);
        long records = 0;
        ParquetWriter writer = await ParquetWriter.CreateAsync(DumpSchema.Schema, output, Options, cancellationToken: cancellation).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            DumpRows rows = new(selection.Series.Count);
            DumpGroup group = new(selection.Series, difference);
            HistoryScan scan = reader.Scan(selection, from, to);
            for (bool hasMore = true; hasMore || !rows.IsEmpty;)
            {
                cancellation.ThrowIfCancellationRequested();
                hasMore = hasMore && scan.Next(rows);
                while (rows.IsFull || (!hasMore && !rows.IsEmpty))
                    records += await group.WriteAsync(writer, rows.TakeGroup(), cancellation).ConfigureAwait(false);
                if (output.Length > limit)
                    throw new QueryException($"the dump gets larger than {limit} bytes; ask for a shorter time or for fewer series, or raise recorder.dump_limit");
            }
        }

        return records;
    }
}
