using OppTel.Wire;

namespace OppTel.Recorder.Queries;

/// <summary>
/// Reads the raw values of one series in the order of their times: those of a counter go on where its 48 bits wrapped, and begin anew
/// where it fell otherwise, as <see cref="Telemetry.Series"/> reads them.
/// </summary>
internal struct CounterReader(RecordedSeries series)
{
    private const ulong Quarter = 1ul << 46;
    private readonly bool unwraps = series.IsCounter && series.Encoding.IsUnsigned;
    private ulong lastRaw;
    private double wrapped;
    private bool isStarted;

    /// <summary>The value read last, in the family's unit, counted from the range in which the first one was.</summary>
    public double Value { get; private set; }

    /// <summary>How much the value read last added to the one before; 0 for the first.</summary>
    public double Increase { get; private set; }

    /// <summary>Takes the next value.</summary>
    public void Read(in ScannedRecord record)
    {
        double before = Value;
        ulong raw = record.Raw & WireFormat.Mask48;
        if (unwraps && isStarted && raw < lastRaw)
            wrapped = lastRaw >= 3 * Quarter && raw < Quarter ? wrapped + (series.Encoding.Scale * (WireFormat.Mask48 + 1)) : 0;
        Value = series.Encoding.Read(record.Raw, record.IsSample) + wrapped;
        // A counter that began again has counted from 0 since.
        Increase = !isStarted ? 0 : Value >= before ? Value - before : Math.Max(0, Value);
        (lastRaw, isStarted) = (raw, true);
    }
}
