namespace OppTel.Telemetry;

/// <summary>Who takes every record of every host, on the drain thread: nobody waits, and <see cref="Take"/> allocates nothing.</summary>
public interface IRecordSink
{
    /// <summary>A series has this id from now on; comes before its first record. May allocate.</summary>
    void Declare(Series series);

    /// <summary>No record comes with this id any more.</summary>
    void Forget(uint id);

    /// <summary>Takes the decoded records of one trailer: samples, then values.</summary>
    /// <param name="trailer">Where and when they were carried.</param>
    /// <param name="records">At least one; valid during the call.</param>
    void Take(in TakenTrailer trailer, ReadOnlySpan<TakenRecord> records);
}

/// <summary>What the records of one trailer share.</summary>
/// <param name="Host">The host that sent it.</param>
/// <param name="Stream">CPU number of the host.</param>
/// <param name="Stamp">When the trailer was stamped: the host's clock, unwrapped, in nanoseconds.</param>
/// <param name="Offset">The DPU's clock minus the host's, in nanoseconds.</param>
/// <param name="Arrival">The DPU's clock when it arrived, in nanoseconds.</param>
/// <param name="Transport">How it came.</param>
public readonly record struct TakenTrailer(
    HostReceiver Host, ushort Stream, long Stamp, long Offset, ulong Arrival, Transport Transport = Transport.Piggyback);

/// <summary>One record of a trailer.</summary>
/// <param name="Series">What it is a value of.</param>
/// <param name="Raw">As it was carried; 48 bits, or 64 for samples.</param>
/// <param name="Stamp">When it was read: the host's clock, unwrapped, in nanoseconds.</param>
/// <param name="IsSample">Whether all 64 bits count.</param>
public readonly record struct TakenRecord(Series Series, ulong Raw, long Stamp, bool IsSample);
