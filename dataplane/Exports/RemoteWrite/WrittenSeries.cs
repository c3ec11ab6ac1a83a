using OppTel.Exports.Push;
using OppTel.Telemetry;

namespace OppTel.Exports.RemoteWrite;

/// <summary>One series as remote write knows it: one number or one native histogram.</summary>
/// <param name="Family">Name, help and kind.</param>
/// <param name="Labels">Sorted by name, that of the series included; none is empty, none comes twice.</param>
/// <param name="Value">The number; the marker of an ended series, whatever it was.</param>
/// <param name="Histogram">The histogram; null for a number.</param>
/// <param name="Source">Where it comes from.</param>
internal readonly record struct WrittenSeries(
    MetricFamily Family, KeyValuePair<string, string>[] Labels, double Value, ExponentialBuckets? Histogram, MetricPoint Source)
{
    /// <summary>The one NaN that says: this series has ended.</summary>
    public static double StaleMarker { get; } = BitConverter.UInt64BitsToDouble(0x7ff0000000000002);

    /// <summary>Milliseconds of Unix time.</summary>
    public long Timestamp => Source.Time / 1_000_000;

    /// <summary>When it began to count, in milliseconds of Unix time; 0 for not known.</summary>
    public long Start => Source.Start is { } start && !Source.IsEnd ? start / 1_000_000 : 0;
}
