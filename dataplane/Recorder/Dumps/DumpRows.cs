using OppTel.Recorder.Queries;

namespace OppTel.Recorder.Dumps;

/// <summary>Gathers records, and gives them by series and time in groups of rows.</summary>
/// <param name="series">How many series there are.</param>
internal sealed class DumpRows(int series) : IRecordConsumer
{
    /// <summary>Rows of a group; many readers work on a group at a time.</summary>
    public const int GroupRows = 120 << 10;

    private readonly List<ScannedRecord> gathered = new(GroupRows * 2);
    private readonly int[] ends = new int[series + 1];

    /// <summary>Whether there are enough for a group.</summary>
    public bool IsFull => gathered.Count >= GroupRows;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => gathered.Count == 0;

    /// <inheritdoc/>
    public void Take(int series, ReadOnlySpan<ScannedRecord> records) => gathered.AddRange(records);

    /// <summary>The next group: what came first, by series and within it by time.</summary>
    public ScannedRecord[] TakeGroup()
    {
        int count = Math.Min(gathered.Count, GroupRows);
        ScannedRecord[] group = new ScannedRecord[count];
        Array.Clear(ends);
        for (int index = 0; index < count; index++)
            ends[gathered[index].Series + 1]++;
        for (int index = 1; index < ends.Length; index++)
            ends[index] += ends[index - 1];
        for (int index = 0; index < count; index++)
            group[ends[gathered[index].Series]++] = gathered[index];
        gathered.RemoveRange(0, count);
        return group;
    }
}
