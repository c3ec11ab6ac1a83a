using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using OppTel.Telemetry;

namespace OppTel.Recorder;

/// <summary>
/// The series that have records, or may get some. The drain thread adds and ends them, the storing thread removes those that ended when
/// their last records go, any thread looks. Bounded in bytes.
/// </summary>
/// <param name="limit">Bytes that no series is added beyond.</param>
internal sealed class SeriesDirectory(long limit)
{
    private readonly ConcurrentDictionary<uint, RecordedSeries> series = [];
    private readonly ConcurrentQueue<RecordedSeries> ended = [];
    private long bytes;
    private long endedBytes;
    private long refused;
    private long forgotten;

    /// <summary>Estimate of the memory that is taken.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>Of these, that of series whose last records are stored.</summary>
    public long EndedBytes => Interlocked.Read(ref endedBytes);

    /// <summary>Series that were not added.</summary>
    public long Refused => Interlocked.Read(ref refused);

    /// <summary>Series that were forgotten though there were records of them.</summary>
    public long Forgotten => Interlocked.Read(ref forgotten);

    /// <summary>Number of series.</summary>
    public int Count => series.Count;

    /// <summary>All series, in no order.</summary>
    public IEnumerable<RecordedSeries> All => series.Select(entry => entry.Value);

    /// <summary>Finds a series.</summary>
    public bool TryFind(uint id, [NotNullWhen(true)] out RecordedSeries? found) => series.TryGetValue(id, out found);

    /// <summary>Adds a series, or refuses it.</summary>
    public void Add(Series added)
    {
        RecordedSeries entry = new(added);
        if (Bytes + entry.Bytes > limit)
            Interlocked.Increment(ref refused);
        else if (series.TryAdd(entry.Id, entry))
            Interlocked.Add(ref bytes, entry.Bytes);
    }

    /// <summary>A series gets no more records than those up to block <paramref name="sequence"/>.</summary>
    public void End(uint id, long sequence)
    {
        if (!series.TryGetValue(id, out RecordedSeries? found))
            return;
        found.End(sequence);
        ended.Enqueue(found);
    }

    /// <summary>Removes what ended without a record, and of the others that ended those that were heard of least recently, if they take too much.</summary>
    /// <param name="stored">Number of the first block that is not stored yet.</param>
    public void Sweep(long stored)
    {
        while (ended.TryPeek(out RecordedSeries? candidate) && candidate.LastBlock < stored && ended.TryDequeue(out candidate))
        {
            candidate.IsComplete = true;
            Interlocked.Add(ref endedBytes, candidate.Bytes);
            RemoveIfGone(candidate);
        }

        if (EndedBytes <= limit / 2)
            return;
        // Some more than needed: it is not worth doing for each one.
        foreach (RecordedSeries oldest in All.Where(entry => entry.IsComplete).OrderBy(entry => entry.Last).TakeWhile(_ => EndedBytes > limit * 3 / 8))
        {
            Remove(oldest);
            Interlocked.Increment(ref forgotten);
        }
    }

    /// <summary>Removes a series that has ended and whose records are all gone.</summary>
    public void RemoveIfGone(RecordedSeries candidate)
    {
        if (candidate.IsComplete && candidate.Records == 0)
            Remove(candidate);
    }

    private void Remove(RecordedSeries gone)
    {
        if (!series.TryRemove(gone.Id, out _))
            return;
        Interlocked.Add(ref bytes, -gone.Bytes);
        Interlocked.Add(ref endedBytes, -gone.Bytes);
    }
}
