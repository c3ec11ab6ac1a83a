namespace OppTel.Recorder.Queries;

/// <summary>Records that grow at their end.</summary>
internal sealed class RecordBuffer
{
    private ScannedRecord[] records = new ScannedRecord[4096];

    /// <summary>Number of records.</summary>
    public int Count { get; private set; }

    /// <summary>The records.</summary>
    public Span<ScannedRecord> Records => records.AsSpan(0, Count);

    /// <summary>Begins anew.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds one; its order is its place here.</summary>
    public void Add(long time, long offset, ulong raw, int series, bool isSample)
    {
        if (Count == records.Length)
            Array.Resize(ref records, records.Length * 2);
        records[Count] = new ScannedRecord(time, offset, raw, series, Count, isSample);
        Count++;
    }

    /// <summary>Room for so many, which replace all.</summary>
    public Span<ScannedRecord> Replace(int count)
    {
        if (count > records.Length)
            records = new ScannedRecord[Math.Max(count, records.Length * 2)];
        Count = count;
        return Records;
    }
}
