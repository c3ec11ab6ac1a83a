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
        bool hasWrapped = unwraps && isStarted && lastRaw >= 3 * Quarter && raw < Quarter;
        if (hasWrapped)
            wrapped += series.Encoding.Scale * (WireFormat.Mask48 + 1);
        else if (raw < lastRaw)
            wrapped = 0;
        Value = series.Encoding.Read(record.Raw, record.IsSample) + wrapped;
        // A counter that began again has counted from 0 since. Of whole numbers the difference is exact, however large they are.
        Increase = !isStarted ? 0
            : unwraps && (hasWrapped || raw >= lastRaw) ? ((raw - lastRaw) & WireFormat.Mask48) * series.Encoding.Scale
            : Value >= before ? Value - before : Math.Max(0, Value);
        (lastRaw, isStarted) = (raw, true);
    }
}
