using OppTel.Telemetry;
using MetricKind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Recorder;

/// <summary>What the recorder knows of a series; it outlives the series for as long as there are records of it.</summary>
public sealed class RecordedSeries
{
    /// <summary>Bytes of the objects of one entry, without texts: this one, its labels and its place in the directory.</summary>
    private const int BytesOfObjects = 320;

    private long records;
    private long first = long.MaxValue;
    private long last = long.MinValue;
    private long lastBlock = long.MaxValue;
    private Series? live;
    private Transport transport;

    /// <summary>Takes over what a series is.</summary>
    public RecordedSeries(Series series)
    {
        ArgumentNullException.ThrowIfNull(series);
        live = series;
        Id = series.Id;
        Family = series.Family;
        Labels = series.Labels;
        UpperBound = series.UpperBound;
        IsSum = series.IsSum;
        Encoding = series.Reading;
        Key = series.Key;
        Bytes = BytesOfObjects + (2 * sizeof(char) * Key.Length);
    }

    /// <summary>The id of its records.</summary>
    public uint Id { get; }

    /// <summary>Name, help and kind.</summary>
    public MetricFamily Family { get; }

    /// <summary>Labels sorted by name, the host's included, a bucket's <c>le</c> not.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; }

    /// <summary>Upper bound of a histogram bucket, in the family's unit.</summary>
    public double UpperBound { get; }

    /// <summary>Whether it is the sum of a histogram, and no bucket.</summary>
    public bool IsSum { get; }

    /// <summary>How its raw values are read.</summary>
    public ValueEncoding Encoding { get; }

    /// <summary>Name and labels in one text, an order by family, then labels.</summary>
    public string Key { get; }

    /// <summary>counter, gauge, histogram_bucket or histogram_sum.</summary>
    public string Kind => Family.Kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        _ => IsSum ? "histogram_sum" : "histogram_bucket",
    };

    /// <summary>The value of a label; null when there is none of this name.</summary>
    public string? Label(string name) => Labels.FirstOrDefault(label => label.Key == name).Value;

    /// <summary>The label <c>le</c> of a histogram bucket; null of everything else.</summary>
    public string? Bound => Kind != "histogram_bucket" ? null
        : double.IsPositiveInfinity(UpperBound) ? "+Inf" : UpperBound.ToString("R", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether its values only grow, until they begin again.</summary>
    public bool IsCounter => Family.Kind != MetricKind.Gauge;

    /// <summary>Whether records may still come.</summary>
    public bool IsAlive => Volatile.Read(ref lastBlock) == long.MaxValue;

    /// <summary>How its last record came.</summary>
    public Transport Transport => Volatile.Read(ref live)?.Transport ?? transport;

    /// <summary>Records in stored blocks.</summary>
    public long Records => Volatile.Read(ref records);

    /// <summary>The DPU's clock of the first record ever, in nanoseconds; <see cref="long.MaxValue"/> before there is one in a stored block.</summary>
    public long First => Volatile.Read(ref first);

    /// <summary>The DPU's clock of the newest record in a stored block; <see cref="long.MinValue"/> before there is one.</summary>
    public long Last => Volatile.Read(ref last);

    /// <summary>Estimate of the memory that it takes, in bytes.</summary>
    internal int Bytes { get; }

    /// <summary>No record is in a block after this one.</summary>
    internal long LastBlock => Volatile.Read(ref lastBlock);

    /// <summary>Whether it ended and its last block is stored. Of the storing thread.</summary>
    internal bool IsComplete { get; set; }

    internal void End(long sequence)
    {
        transport = Transport;
        Volatile.Write(ref live, null);
        Volatile.Write(ref lastBlock, sequence);
    }

    /// <summary>A block with so many of its records was stored, or, with a negative number, evicted.</summary>
    internal void Count(long change, long from, long to)
    {
        Volatile.Write(ref records, records + change);
        if (change < 0)
            return;
        Volatile.Write(ref first, Math.Min(first, from));
        Volatile.Write(ref last, Math.Max(last, to));
    }
}
