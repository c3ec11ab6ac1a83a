namespace OppTel.Recorder;

/// <summary>What is stored at one moment.</summary>
/// <param name="Blocks">Blocks.</param>
/// <param name="Records">Their records.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Oldest">The DPU's clock of the oldest record, in nanoseconds; null when there is none.</param>
/// <param name="StoredRecords">Records stored since the start.</param>
/// <param name="StoredBytes">Bytes that they took.</param>
public sealed record HistoryState(int Blocks, long Records, long Bytes, long? Oldest, ulong StoredRecords, ulong StoredBytes);
