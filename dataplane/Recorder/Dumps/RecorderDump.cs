using OppTel.Recorder.Queries;

namespace OppTel.Recorder.Dumps;

/// <summary>A dump that was written.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Records">Its records.</param>
/// <param name="Bytes">Its bytes.</param>
public sealed record SavedDump(string Path, long Records, long Bytes);

/// <summary>
/// Writes dumps, one at a time, and keeps the newest of those that it saved, within a bound of bytes. One that is being written, and those
/// that are being sent, come on top of that, each with as much at most.
/// </summary>
/// <param name="history">What to dump.</param>
/// <param name="directory">Where dumps are saved.</param>
/// <param name="limit">Bytes of all dumps together.</param>
/// <param name="difference">Unix time minus the DPU's clock now, in nanoseconds.</param>
public sealed class RecorderDump(RecordHistory history, string directory, long limit, Func<long> difference) : IDisposable
{
    /// <summary>Dumps that are written or sent to somebody at the same time.</summary>
    private const int MostSent = 2;

    /// <summary>How long a dump waits for the one before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DumpDirectory files = new(directory);
    private readonly SemaphoreSlim turn = new(1);
    private readonly SemaphoreSlim sends = new(MostSent);

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
    public Task<SavedDump> SaveAsync(string reason, SeriesSelection selection, long from, long to, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return InTurn(turn, () => Save(files.NewPath(reason), selection, from, to, cancellation), cancellation);
    }

    /// <summary>Writes these series' records of a time to a file without a name and gives it, and their number, to <paramref name="send"/>.</summary>
    public Task SendAsync(SeriesSelection selection, long from, long to, Func<FileStream, long, Task> send, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(send);
        return InTurn(
            sends,
            async () =>
            {
                FileStream file = files.Nameless();
                await using (file.ConfigureAwait(false))
                {
                    long records = await InTurn(turn, () => Write(file, selection, from, to, cancellation), cancellation).ConfigureAwait(false);
                    file.Position = 0;
                    await send(file, records).ConfigureAwait(false);
                    return records;
                }
            },
            cancellation);
    }

    /// <summary>The dumps that are kept, the newest first.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public IReadOnlyList<DumpFile> Saved() => files.List();

    /// <summary>Opens one of them; null when there is none of this name.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public FileStream? Open(string name) => files.Open(name);

    /// <summary>Ends what is being written.</summary>
    public void Dispose()
    {
        turn.Dispose();
        sends.Dispose();
    }

    private static async Task<T> InTurn<T>(SemaphoreSlim turn, Func<Task<T>> work, CancellationToken cancellation)
    {
        if (!await turn.WaitAsync(Patience, cancellation).ConfigureAwait(false))
            throw new QueryException("another dump is still being written or sent; try again");
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<SavedDump> Save(string path, SeriesSelection selection, long from, long to, CancellationToken cancellation)
    {
        files.DeleteUnfinished();
        FileStream file = files.Begin(path);
        try
        {
            long records = await Write(file, selection, from, to, cancellation).ConfigureAwait(false);
            long bytes = file.Length;
            file.Flush(flushToDisk: true);
            await file.DisposeAsync().ConfigureAwait(false);
            files.DeleteOldest(limit - bytes);
            DumpDirectory.Finish(path);
            return new SavedDump(path, records, bytes);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            DumpDirectory.GiveUp(path);
            throw;
        }
    }

    private async Task<long> Write(FileStream output, SeriesSelection selection, long from, long to, CancellationToken cancellation)
    {
        using HistoryReader reader = await HistoryReader.OpenAsync(history, Patience, cancellation).ConfigureAwait(false)
            ?? throw new QueryException("too many others are reading the recorder; try again");
        return await ParquetDump.WriteAsync(output, reader, selection, from, to, difference(), limit, cancellation).ConfigureAwait(false);
    }
}
