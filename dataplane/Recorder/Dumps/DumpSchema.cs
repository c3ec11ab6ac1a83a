using Parquet.Schema;

namespace OppTel.Recorder.Dumps;

/// <summary>The columns of a dump.</summary>
internal static class DumpSchema
{
    /// <summary>When it was read: Unix time by the DPU's clock, to a tenth of a microsecond, as Parquet.Net takes it; readers may round further.</summary>
    public static readonly DateTimeDataField Time = new("time", DateTimeFormat.Timestamp, true, DateTimeTimeUnit.Nanos, false);

    /// <summary>The same by the host's boot time clock, exact, in nanoseconds.</summary>
    public static readonly DataField HostTime = new DataField<long>("host_time_ns");

    /// <summary>Name of the metric.</summary>
    public static readonly DataField Name = new("name", typeof(string), false);

    /// <summary>The host that reported it.</summary>
    public static readonly DataField Host = new("host", typeof(string), false);

    /// <summary>counter, gauge, histogram_bucket or histogram_sum.</summary>
    public static readonly DataField Kind = new("kind", typeof(string), false);

    /// <summary>Value in the metric's unit.</summary>
    public static readonly DataField Value = new DataField<double>("value");

    /// <summary>The value as it was carried.</summary>
    public static readonly DataField Raw = new DataField<ulong>("raw");

    private static readonly MapField Labels = new("labels", new DataField("key", typeof(string), false), new DataField("value", typeof(string), false));

    /// <summary>All columns.</summary>
    public static ParquetSchema Schema { get; } = new(Time, HostTime, Name, Host, Labels, Kind, Value, Raw);

    /// <summary>Names of the labels; several for each row.</summary>
    public static DataField LabelNames => (DataField)Labels.Key;

    /// <summary>Values of the labels; several for each row.</summary>
    public static DataField LabelValues => (DataField)Labels.Value;
}
