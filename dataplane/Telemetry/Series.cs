using OppTel.Catalog;
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
public sealed partial class Series
{
    private readonly List<int> claims = [];
    private bool hasEnded;
    private bool isRemoved;

    internal Series(HostIdentity host, MetricFamily family, string key, IReadOnlyList<KeyValuePair<string, string>> labels, Metric metric)
    {
        Host = host;
        Family = family;
        Key = key;
        Labels = labels;
        UpperBound = metric.UpperBound;
        IsSum = metric.Kind == Kind.HistogramSum;
        isGauge = family.Kind == Kind.Gauge;
        hasWindows = family.Kind is Kind.Gauge or Kind.Counter;
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

    /// <summary>Number that no other series of this run has; a new one whenever raw values are to be read in another way.</summary>
    public uint Id { get; internal set; }

    /// <summary>How its raw values are read.</summary>
    public ValueEncoding Reading => new(encoding, scale);

    /// <summary>The slot whose values count. It stays when the slot is taken away: the last values may still be on their way.</summary>
    internal int Holder { get; private set; } = -1;

    /// <summary>Whether a slot carries it in the newest epoch, or feeds it.</summary>
    public bool IsHeld => claims.Count > 0 || members > 0;

    /// <summary>The DPU's clock when the last slot was taken away.</summary>
    internal ulong EndedAt { get; private set; }

    /// <summary>Whether it left the table.</summary>
    internal bool IsRemoved
    {
        get => Volatile.Read(ref isRemoved);
        set => Volatile.Write(ref isRemoved, value);
    }

    /// <summary>What became of it, for whoever shows series that were there before: those that are stale are to be shown no more.</summary>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    /// <param name="silence">Silence of the host after which its series are stale, in nanoseconds.</param>
    public SeriesState StateAt(ulong now, ulong silence) =>
        IsRemoved || Elapsed.Between(Host.LastArrival, now) >= silence ? SeriesState.Stale
        : Volatile.Read(ref hasEnded) ? SeriesState.Ended
        : SeriesState.Live;

    /// <summary>
    /// A slot carries the series from now on. When an entity is replaced by one of the same name, the old one's slot may still
    /// be there: the newer one counts.
    /// </summary>
    /// <returns>Whether it is the only one.</returns>
    internal bool Claim(int slot)
    {
        claims.Add(slot);
        Volatile.Write(ref hasEnded, false);
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
            End(now);
    }

    /// <summary>Takes over how raw values are to be read; a change, which is told, begins the series anew.</summary>
    internal bool Define(Metric metric)
    {
        // A scale that is absent on the wire reads as 0.
        double newScale = metric.Scale == 0 ? 1 : metric.Scale;
        if (encoding == metric.Encoding && scale == newScale)
            return false;
        encoding = metric.Encoding;
        scale = newScale;
        Restart();
        return true;
    }

    private void Hold(int slot)
    {
        // Another slot is another counter.
        if (Holder >= 0 && Holder != slot)
            Restart();
        Holder = slot;
    }

    private void End(ulong now)
    {
        EndedAt = now;
        Volatile.Write(ref hasEnded, !IsHeld);
    }
}
