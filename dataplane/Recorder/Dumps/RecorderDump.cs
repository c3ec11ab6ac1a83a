using System.Globalization;
using OppTel.Recorder.Queries;

namespace OppTel.Recorder.Dumps;

/// <summary>A dump that was written.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Records">Its records.</param>
/// <param name="Bytes">Its bytes.</param>
public sealed record SavedDump(string Path, long Records, long Bytes);

/// <summary>Writes dumps, one at a time, and keeps the newest of those that it saved, within a bound of bytes.</summary>
/// <param name="history">What to dump.</param>
/// <param name="directory">Where dumps are saved.</param>
/// <param name="limit">Bytes of all dumps together.</param>
/// <param name="difference">Unix time minus the DPU's clock now, in nanoseconds.</param>
public sealed class RecorderDump(RecordHistory history, string directory, long limit, Func<long> difference) : IDisposable
{
    private const string Extension = ".parquet";
    private const string Unfinished = ".unfinished";
    private const int LongestReason = 60;

    /// <summary>How long a dump waits for the one before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Saves all series' records of a time in the directory.</summary>
    /// <param name="reason">Why; becomes part of the file's name.</param>
    /// <param name="from">The DPU's clock, in nanoseconds.</param>
    /// <param name="to">The DPU's clock, in nanoseconds; not included.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="QueryException">Others are writing dumps, or it would be larger than all may be.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public Task<SavedDump> SaveAsync(string reason, long from, long to, CancellationToken cancellation) =>
        SaveAsync(reason, new SeriesSelection([.. history.Series]), from, to, cancellation);

    /// <summary>Saves these series' records of a time in the directory.</summary>
    public async Task<SavedDump> SaveAsync(string reason, SeriesSelection selection, long from, long to, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Directory.CreateDirectory(directory);
        DateTime now = DateTime.UtcNow;
        string path = Path.Combine(directory, $"{now.ToString("yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture)}-{Slug(reason)}{Extension}");
        FileStream file = new(path + Unfinished, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        try
        {
            long records = await WriteAsync(file, selection, from, to, cancellation).ConfigureAwait(false);
            long bytes = file.Length;
            file.Flush(flushToDisk: true);
            await file.DisposeAsync().ConfigureAwait(false);
            DeleteOldest(limit - bytes);
            File.Move(path + Unfinished, path, overwrite: true);
            return new SavedDump(path, records, bytes);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            File.Delete(path + Unfinished);
            throw;
        }
    }

    /// <summary>Writes these series' records of a time; the number of records.</summary>
    public async Task<long> WriteAsync(Stream output, SeriesSelection selection, long from, long to, CancellationToken cancellation)
    {
        if (!await turn.WaitAsync(Patience, cancellation).ConfigureAwait(false))
            throw new QueryException("another dump is still being written; try again");
        try
        {
            using HistoryReader reader = await HistoryReader.OpenAsync(history, Patience, cancellation).ConfigureAwait(false)
                ?? throw new QueryException("too many others are reading the recorder; try again");
            return await ParquetDump.WriteAsync(output, reader, selection, from, to, difference(), limit, cancellation).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Ends what is being written.</summary>
    public void Dispose() => turn.Dispose();

    /// <summary>Deletes the oldest dumps until the others have so many bytes at most.</summary>
    private void DeleteOldest(long room)
    {
        // Names begin with the time.
        FileInfo[] dumps = [.. new DirectoryInfo(directory).GetFiles("*" + Extension).OrderByDescending(file => file.Name, StringComparer.Ordinal)];
        foreach (FileInfo dump in dumps)
        {
            room -= dump.Length;
            if (room < 0)
                dump.Delete();
        }
    }

    private static string Slug(string reason)
    {
        string slug = string.Concat(reason.Take(LongestReason).Select(letter => char.IsAsciiLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : '-')).Trim('-');
        return slug.Length == 0 ? "dump" : slug;
    }
}
