using System.IO.Compression;
using System.IO.Pipelines;
using OppTel.Exports;

namespace OppTel.Aggregator.Exposition;

/// <summary>Sends <c>/metrics</c> in pieces, to a bounded number of clients at once.</summary>
/// <param name="composer">Composes the page.</param>
internal sealed class MetricsPage(PageComposer composer) : IDisposable
{
    /// <summary>Pages that are written at once: each holds the values of all series.</summary>
    private const int MaxPages = 4;

    /// <summary>Bytes that are sent together.</summary>
    private const int PieceSize = 32 << 10;

    /// <summary>How long a request waits for its turn.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long a client may take to read its page.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim turns = new(MaxPages);

    /// <summary>Writes the page; false, and nothing written, when too many are being written already.</summary>
    /// <param name="format">The format.</param>
    /// <param name="gzip">Whether to compress it.</param>
    /// <param name="output">Where to.</param>
    /// <param name="cancellation">Of the client.</param>
    /// <exception cref="OperationCanceledException">The client left, or reads too slowly.</exception>
    public async Task<bool> TryWriteTo(ExpositionFormat format, bool gzip, Stream output, CancellationToken cancellation)
    {
        if (!await turns.WaitAsync(Patience, cancellation).ConfigureAwait(false))
            return false;
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(LongestWrite);
            if (!gzip)
            {
                await WriteTo(format, output, limit.Token).ConfigureAwait(false);
                return true;
            }

            GZipStream compressed = new(output, CompressionLevel.Fastest, leaveOpen: true);
            await WriteTo(format, compressed, limit.Token).ConfigureAwait(false);
            // Only a page that is whole gets its end.
            await compressed.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        finally
        {
            turns.Release();
        }
    }

    public void Dispose() => turns.Dispose();

    private async Task WriteTo(ExpositionFormat format, Stream output, CancellationToken cancellation)
    {
        PipeWriter pieces = PipeWriter.Create(output, new StreamPipeWriterOptions(minimumBufferSize: PieceSize, leaveOpen: true));
        foreach (int _ in composer.Write(format.Writer(pieces)))
        {
            if (pieces.UnflushedBytes >= PieceSize)
                await pieces.FlushAsync(cancellation).ConfigureAwait(false);
        }

        await pieces.FlushAsync(cancellation).ConfigureAwait(false);
        await pieces.CompleteAsync().ConfigureAwait(false);
    }
}
