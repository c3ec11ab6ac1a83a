namespace OppTel.Recorder.Queries;

/// <summary>One record as it was found.</summary>
/// <param name="Time">The DPU's clock when it was read, in nanoseconds.</param>
/// <param name="Offset">The DPU's clock minus the host's, in nanoseconds.</param>
/// <param name="Raw">As it was carried; 48 bits, or 64 for samples.</param>
/// <param name="Series">Index into the series that were asked for.</param>
/// <param name="Order">Order of arrival among the records that were found together.</param>
/// <param name="IsSample">Whether all 64 bits count.</param>
public readonly record struct ScannedRecord(long Time, long Offset, ulong Raw, int Series, int Order, bool IsSample);
