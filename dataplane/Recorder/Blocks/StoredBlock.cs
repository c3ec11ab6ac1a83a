namespace OppTel.Recorder.Blocks;

/// <summary>Where a block lies, and what it has.</summary>
/// <param name="Sequence">Its number; that of the raw block which it was.</param>
/// <param name="Position">Of its first byte in the arena.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Trailers">Trailers.</param>
/// <param name="Records">Records.</param>
/// <param name="From">The DPU's clock of the earliest record, in nanoseconds.</param>
/// <param name="To">No record is later.</param>
internal sealed record StoredBlock(long Sequence, long Position, int Length, int Trailers, int Records, long From, long To)
{
    /// <summary>Memory of this object and its place in the list, in bytes.</summary>
    public const int Bytes = 80;
}
