namespace OppTel.Exports.Push;

/// <summary>Pieces that wait to be sent, bounded by their points and bytes: when there are too many, the oldest are dropped.</summary>
/// <param name="maxPoints">Most points that wait.</param>
/// <param name="maxBytes">Most bytes that wait, about: one of a histogram is worth many of a counter.</param>
internal sealed class PushQueue(int maxPoints, long maxBytes) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<(IReadOnlyList<MetricPoint> Points, long Bytes)> pieces = [];
    private readonly SemaphoreSlim arrivals = new(0);
    private long points;
    private long bytes;

    /// <summary>Points that wait.</summary>
    public long Points => Volatile.Read(ref points);

    /// <summary>Adds a piece; the number of points that were dropped for it.</summary>
    public int Add(IReadOnlyList<MetricPoint> piece)
    {
        int dropped = 0;
        long size = piece.Sum(point => (long)point.Size);
        lock (gate)
        {
            pieces.Enqueue((piece, size));
            points += piece.Count;
            bytes += size;
            while ((points > maxPoints || bytes > maxBytes) && pieces.Count > 1)
                dropped += Dequeue().Count;
        }

        arrivals.Release();
        return dropped;
    }

    /// <summary>Takes the oldest piece, and waits for one.</summary>
    public async Task<IReadOnlyList<MetricPoint>> Take(CancellationToken cancellation)
    {
        while (true)
        {
            await arrivals.WaitAsync(cancellation).ConfigureAwait(false);
            lock (gate)
            {
                // One that was dropped has left its signal behind.
                if (pieces.Count > 0)
                    return Dequeue();
            }
        }
    }

    public void Dispose() => arrivals.Dispose();

    private IReadOnlyList<MetricPoint> Dequeue()
    {
        (IReadOnlyList<MetricPoint> piece, long size) = pieces.Dequeue();
        points -= piece.Count;
        bytes -= size;
        return piece;
    }
}
