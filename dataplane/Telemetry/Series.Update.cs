using OppTel.Telemetry.Distributions;
using OppTel.Telemetry.Windows;
using OppTel.Wire;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;

namespace OppTel.Telemetry;

/// <content>What a record changes, and how others read it.</content>
public sealed partial class Series
{
    private const long RateInterval = 1_000_000_000;

    /// <summary>No trailer is late by this much, in nanoseconds: such a host was set back.</summary>
    private const ulong LongestDelay = 10_000_000_000;

    /// <summary>
    /// Values that come in different ways and were read within this time, in nanoseconds, may have overtaken each other: what was
    /// read a moment before carries the stamp of a moment after.
    /// </summary>
    private const long Overtaking = 100_000_000;

    private readonly bool isGauge;
    private readonly bool hasWindows;
    private Encoding encoding;
    private double scale;
    private ulong lastRaw;
    private ulong total;
    private double baseValue;
    private long baseStamp;
    private bool isFresh = true;
    private uint version;
    private SeriesObserver? observer;
    private SeriesValue current;
    private WindowState windows;
    private byte transport;

    /// <summary>How the last value came.</summary>
    public Transport Transport => (Transport)Volatile.Read(ref transport);

    /// <summary>Takes over what becomes of its values in a distribution; null for nothing.</summary>
    /// <returns>Who did until now.</returns>
    internal SeriesObserver? Observe(SeriesObserver? by)
    {
        SeriesObserver? before = observer;
        observer = by;
        return before;
    }

    /// <summary>The next value starts from where it is: the sender or its clock is a new one.</summary>
    internal void Restart() => isFresh = true;

    /// <summary>Takes a value unless a newer one is there.</summary>
    /// <param name="raw">As it was carried; 48 bits, or 64 for samples.</param>
    /// <param name="isSample">Whether all 64 bits count.</param>
    /// <param name="stamp">The host's clock, unwrapped, in nanoseconds.</param>
    /// <param name="arrival">The DPU's clock, in nanoseconds.</param>
    /// <param name="setBack">
    /// The DPU's clock when the host was found to go on in the past, as a virtual machine does from a snapshot: what came before is no newer. 0 for never.
    /// </param>
    /// <param name="by">How it came.</param>
    internal void Update(ulong raw, bool isSample, long stamp, ulong arrival, ulong setBack = 0, Transport by = Transport.Piggyback)
    {
        if (!isFresh && stamp <= current.Stamp)
        {
            if (current.Arrival >= setBack)
                return;
            Restart();
            isSetBack = true;
        }

        if (HasOvertaken(raw, stamp, by))
            return;
        Volatile.Write(ref transport, (byte)by);
        double value = encoding switch
        {
            Encoding.Unsigned => Unwrap(raw & WireFormat.Mask48),
            Encoding.Signed => isSample ? (long)raw : (long)(raw << 16) >> 16,
            _ => BitConverter.UInt64BitsToDouble(isSample ? raw : raw << 16),
        } * scale;
        if (Overflow is not null)
            Feed(Overflow, value, stamp, arrival);
        Take(value, stamp, arrival);
    }

    /// <summary>
    /// Whether a counter that fell did not: the daemon and the packet path read and stamp in two steps, each at its own pace.
    /// </summary>
    private bool HasOvertaken(ulong raw, long stamp, Transport by) =>
        !isFresh && !isGauge && encoding == Encoding.Unsigned && by != Transport && (by == Transport.Dedicated || Transport == Transport.Dedicated)
        && stamp - current.Stamp < Overtaking && ((raw - lastRaw) & WireFormat.Mask48) > WireFormat.Mask48 / 2;

    /// <summary>Reads the last value; false when there is none.</summary>
    public bool TryRead(out SeriesValue value)
    {
        uint before;
        do
        {
            before = BeginRead();
            value = current;
        }
        while (HasChanged(before));
        return value.Updates != 0;
    }

    /// <summary>Reads the window of a span that ended last; empty when no record came in it, or for a histogram's bucket.</summary>
    /// <param name="span">Its length.</param>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    public SeriesWindow ReadWindow(WindowSpan span, ulong now)
    {
        uint before;
        WindowState state;
        do
        {
            before = BeginRead();
            state = windows;
        }
        while (HasChanged(before));
        state.Advance(now);
        return state.Ended(span);
    }

    /// <summary>Takes a value that is newer than the last one.</summary>
    private void Take(double value, long stamp, ulong arrival)
    {
        // A counter that fell or is another one has grown by nobody knows how much.
        bool goesOn = !isFresh && (isGauge || value >= current.Value);
        double grown = goesOn && !isGauge ? value - current.Value : 0;
        long elapsed = goesOn ? stamp - current.Stamp : 0;
        double rate = isGauge ? 0 : RateOf(value, stamp);
        isFresh = false;
        observer?.Observe(value, grown, elapsed);

        Volatile.Write(ref version, version + 1);
        // The odd version is visible before any of the data.
        Volatile.WriteBarrier();
        current = new SeriesValue(value, rate, stamp, arrival, current.Updates + 1);
        if (hasWindows)
            windows.Add(arrival, value, grown, elapsed);
        Volatile.Write(ref version, version + 1);
    }

    private uint BeginRead()
    {
        // The writer lives in this process and leaves within nanoseconds, unless it lost its CPU.
        SpinWait wait = default;
        uint before;
        while (((before = Volatile.Read(ref version)) & 1) != 0)
            wait.SpinOnce();
        return before;
    }

    private bool HasChanged(uint before)
    {
        // The loads of the data are done before the version is read again.
        Volatile.ReadBarrier();
        return Volatile.Read(ref version) != before;
    }

    /// <summary>
    /// A counter that falls from the last quarter of its range into the first has wrapped and goes on; any other fall is a
    /// counter that began again, and stays visible as one.
    /// </summary>
    private double Unwrap(ulong raw)
    {
        const ulong Quarter = 1ul << 46;
        bool hasWrapped = lastRaw >= 3 * Quarter && raw < Quarter;
        bool goesOn = !isFresh && !isGauge && (raw >= lastRaw || hasWrapped);
        total = goesOn ? total + ((raw - lastRaw) & WireFormat.Mask48) : raw;
        lastRaw = raw;
        return total;
    }

    private double RateOf(double value, long stamp)
    {
        if (isFresh || value < baseValue)
        {
            (baseValue, baseStamp) = (value, stamp);
            return 0;
        }

        long interval = stamp - baseStamp;
        if (interval < RateInterval)
            return current.Rate;
        double rate = (value - baseValue) * 1e9 / interval;
        (baseValue, baseStamp) = (value, stamp);
        return rate;
    }
}
