using Transport = OppTel.Telemetry.Transport;

namespace OppTel.Recorder.Queries;

/// <summary>One record as it was found.</summary>
/// <param name="Time">The DPU's clock when it was read, in nanoseconds.</param>
/// <param name="Offset">The DPU's clock minus the host's, in nanoseconds.</param>
/// <param name="Raw">As it was carried; 48 bits, or 64 for samples.</param>
/// <param name="Series">Index into the series that were asked for.</param>
/// <param name="Order">Its place among the records that were found together, in the order of arrival, above three bits: how it came, and whether it is a sample.</param>
public readonly record struct ScannedRecord(long Time, long Offset, ulong Raw, int Series, int Order)
{
    /// <summary>Whether all 64 bits count.</summary>
    public bool IsSample => (Order & 1) != 0;

    /// <summary>How it came.</summary>
    public Transport Transport => (Transport)(Order >> 1 & 3);
}
