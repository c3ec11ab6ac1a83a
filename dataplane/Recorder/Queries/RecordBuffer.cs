using OppTel.Recorder.Blocks;
using Transport = OppTel.Telemetry.Transport;

namespace OppTel.Recorder.Queries;

/// <summary>Records that grow at their end: those of a block, and those before that wait for it.</summary>
internal sealed class RecordBuffer
{
    /// <summary>Records that may wait for those of later blocks.</summary>
    public const int MostWaiting = RawBlock.Records / 2;

    /// <summary>Most memory that it takes, in bytes.</summary>
    public const long Bytes = 32L * Most;

    private const int Most = RawBlock.Records + MostWaiting;

    private ScannedRecord[] records = new ScannedRecord[4096];

    /// <summary>Number of records.</summary>
    public int Count { get; private set; }

    /// <summary>The records.</summary>
    public Span<ScannedRecord> Records => records.AsSpan(0, Count);

    /// <summary>Begins anew.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds one; its order is its place here.</summary>
    public void Add(long time, long offset, ulong raw, int series, bool isSample, Transport transport)
    {
        if (Count == records.Length)
            Array.Resize(ref records, Math.Min(records.Length * 2, Most));
        records[Count] = new ScannedRecord(time, offset, raw, series, (Count << 3) | ((int)transport << 1) | (isSample ? 1 : 0));
        Count++;
    }

    /// <summary>Room for so many, which replace all.</summary>
    public Span<ScannedRecord> Replace(int count)
    {
        if (count > records.Length)
            records = new ScannedRecord[Math.Min(Math.Max(count, records.Length * 2), Most)];
        Count = count;
        return Records;
    }
}
