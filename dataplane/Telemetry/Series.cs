using OppTel.Catalog;
using OppTel.Wire;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Telemetry;

/// <summary>What a series is worth now.</summary>
/// <param name="Value">In the family's unit.</param>
/// <param name="Rate">Change per second over about the last second of the host's clock; 0 for gauges.</param>
/// <param name="Stamp">When the host read it: the host's clock, unwrapped, in nanoseconds.</param>
/// <param name="Arrival">When it arrived: the DPU's clock, in nanoseconds.</param>
/// <param name="Updates">Values that arrived; 0 means that there is none yet.</param>
public readonly record struct SeriesValue(double Value, double Rate, long Stamp, ulong Arrival, ulong Updates)
{
    /// <summary>The rate as of <paramref name="now"/>, the DPU's clock: 0 when no value came for five seconds.</summary>
    public double RateAt(ulong now) => Elapsed.Between(Arrival, now) > 5_000_000_000 ? 0 : Rate;
}

/// <summary>
/// One metric of one entity of one host. One thread updates it, without allocation; any thread reads it, without making the
/// writer wait.
/// </summary>
public sealed class Series
{
    private const long RateInterval = 1_000_000_000;

    /// <summary>
    /// No trailer is late by this much, in nanoseconds of the DPU's clock: a host that goes on in the past after it was set
    /// back, as a virtual machine is from a snapshot.
    /// </summary>
    private const ulong LongestDelay = 10_000_000_000;

    private readonly List<int> claims = [];
    private Encoding encoding;
    private double scale;
    private ulong lastRaw;
    private ulong total;
    private double baseValue;
    private long baseStamp;
    private bool isFresh = true;
    private uint version;
    private SeriesValue current;

    internal Series(HostIdentity host, MetricFamily family, string key, IReadOnlyList<KeyValuePair<string, string>> labels, Metric metric)
    {
        Host = host;
        Family = family;
        Key = key;
        Labels = labels;
        UpperBound = metric.UpperBound;
        IsSum = metric.Kind == Kind.HistogramSum;
        Define(metric);
    }

    /// <summary>The host that reports it.</summary>
    public HostIdentity Host { get; internal set; }

    /// <summary>Name, help and kind.</summary>
    public MetricFamily Family { get; }

    /// <summary>Labels sorted by name, the host's included, a bucket's <c>le</c> not.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; }

    /// <summary>Upper bound of a histogram bucket, in the family's unit.</summary>
    public double UpperBound { get; }

    /// <summary>Whether it is the sum of a histogram, and no bucket.</summary>
    public bool IsSum { get; }

    /// <summary>Name and labels in one text: equal for equal series, and an order by family, then labels.</summary>
    public string Key { get; }

    /// <summary>The slot whose values count. It stays when the slot is taken away: the last values may still be on their way.</summary>
    internal int Holder { get; private set; } = -1;

    /// <summary>Whether a slot carries it in the newest epoch.</summary>
    public bool IsHeld => claims.Count > 0;

    /// <summary>The DPU's clock when the last slot was taken away.</summary>
    internal ulong EndedAt { get; private set; }

    /// <summary>
    /// A slot carries the series from now on. When an entity is replaced by one of the same name, the old one's slot may still
    /// be there: the newer one counts.
    /// </summary>
    /// <returns>Whether it is the only one.</returns>
    internal bool Claim(int slot)
    {
        claims.Add(slot);
        Hold(slot);
        return claims.Count == 1;
    }

    /// <summary>A slot carries it no more.</summary>
    internal void Release(int slot, ulong now)
    {
        claims.Remove(slot);
        if (claims.Count > 0)
            Hold(claims[^1]);
        else
            EndedAt = now;
    }

    /// <summary>Takes over how raw values are to be read; a change begins the series anew.</summary>
    internal void Define(Metric metric)
    {
        // A scale that is absent on the wire reads as 0.
        double newScale = metric.Scale == 0 ? 1 : metric.Scale;
        if (encoding == metric.Encoding && scale == newScale)
            return;
        encoding = metric.Encoding;
        scale = newScale;
        Restart();
    }

    /// <summary>The next value starts from where it is: the sender or its clock is a new one.</summary>
    internal void Restart() => isFresh = true;

    /// <summary>
    /// Takes a value unless a newer one is there.
    /// </summary>
    /// <param name="raw">As it was carried; 48 bits, or 64 for samples.</param>
    /// <param name="isSample">Whether all 64 bits count.</param>
    /// <param name="stamp">The host's clock, unwrapped, in nanoseconds.</param>
    /// <param name="arrival">The DPU's clock, in nanoseconds.</param>
    internal void Update(ulong raw, bool isSample, long stamp, ulong arrival)
    {
        if (!isFresh && stamp <= current.Stamp)
        {
            if (Elapsed.Between(current.Arrival, arrival) < LongestDelay)
                return;
            Restart();
        }

        double value = encoding switch
        {
            Encoding.Unsigned => Unwrap(raw & WireFormat.Mask48),
            Encoding.Signed => isSample ? (long)raw : (long)(raw << 16) >> 16,
            _ => BitConverter.UInt64BitsToDouble(isSample ? raw : raw << 16),
        } * scale;
        double rate = Family.Kind == Kind.Gauge ? 0 : RateOf(value, stamp);
        isFresh = false;
        Publish(new SeriesValue(value, rate, stamp, arrival, current.Updates + 1));
    }

    /// <summary>Reads the last value; false when there is none.</summary>
    public bool TryRead(out SeriesValue value)
    {
        SpinWait wait = default;
        while (true)
        {
            uint before = Volatile.Read(ref version);
            value = current;
            // The loads above are done before the version is read again.
            Interlocked.MemoryBarrier();
            if ((before & 1) == 0 && Volatile.Read(ref version) == before)
                return value.Updates != 0;
            // The writer lives in this process and leaves within nanoseconds, unless it lost its CPU.
            wait.SpinOnce();
        }
    }

    private void Hold(int slot)
    {
        // Another slot is another counter.
        if (Holder >= 0 && Holder != slot)
            Restart();
        Holder = slot;
    }

    private void Publish(in SeriesValue value)
    {
        Volatile.Write(ref version, version + 1);
        // The odd version is visible before any of the data.
        Interlocked.MemoryBarrier();
        current = value;
        Volatile.Write(ref version, version + 1);
    }

    /// <summary>
    /// A counter that falls from the last quarter of its range into the first has wrapped and goes on; any other fall is a
    /// counter that began again, and stays visible as one.
    /// </summary>
    private double Unwrap(ulong raw)
    {
        const ulong Quarter = 1ul << 46;
        bool hasWrapped = lastRaw >= 3 * Quarter && raw < Quarter;
        bool goesOn = !isFresh && Family.Kind != Kind.Gauge && (raw >= lastRaw || hasWrapped);
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
