namespace OppTel.Exports.Push;

/// <summary>Pieces that wait to be sent, bounded by their points: when there are too many, the oldest are dropped.</summary>
/// <param name="maxPoints">Most points that wait.</param>
internal sealed class PushQueue(int maxPoints) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<IReadOnlyList<MetricPoint>> pieces = [];
    private readonly SemaphoreSlim arrivals = new(0);
    private long points;

    /// <summary>Points that wait.</summary>
    public long Points => Volatile.Read(ref points);

    /// <summary>Adds a piece; the number of points that were dropped for it.</summary>
    public int Add(IReadOnlyList<MetricPoint> piece)
    {
        int dropped = 0;
        lock (gate)
        {
            pieces.Enqueue(piece);
            points += piece.Count;
            while (points > maxPoints && pieces.Count > 1)
            {
                int count = pieces.Dequeue().Count;
                points -= count;
                dropped += count;
            }
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
                if (!pieces.TryDequeue(out IReadOnlyList<MetricPoint>? piece))
                    continue;
                points -= piece.Count;
                return piece;
            }
        }
    }

    public void Dispose() => arrivals.Dispose();
}
