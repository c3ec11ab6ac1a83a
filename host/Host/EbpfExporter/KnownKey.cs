namespace OppTel.Host.EbpfExporter;

/// <summary>A key that was in the map, and what became of it.</summary>
/// <param name="series">Where it counts; null for one that is not shown.</param>
/// <param name="slot">Which of the series' slots.</param>
internal sealed class KnownKey(ExporterSeries? series, int slot)
{
    public ExporterSeries? Series => series;

    public int Slot => slot;

    /// <summary>Its last value.</summary>
    public ulong Value { get; set; }

    /// <summary>When it was in the map, in nanoseconds.</summary>
    public ulong SeenAt { get; set; }
}
