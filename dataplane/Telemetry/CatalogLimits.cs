namespace OppTel.Telemetry;

/// <summary>What a host's catalog may ask for at most; the defaults hold for any sensible host.</summary>
public sealed record CatalogLimits
{
    /// <summary>Metric ids of one host.</summary>
    public int Metrics { get; init; } = 16384;

    /// <summary>Labels of a metric and its entity together.</summary>
    public int Labels { get; init; } = 16;

    /// <summary>Characters of a metric or label name.</summary>
    public int NameLength { get; init; } = 128;

    /// <summary>Characters of a label value.</summary>
    public int ValueLength { get; init; } = 512;

    /// <summary>Characters of a help text.</summary>
    public int HelpLength { get; init; } = 512;

    /// <summary>Frames of one update.</summary>
    public int Parts { get; init; } = 4096;

    /// <summary>Bytes of memory of the parts that wait for their siblings.</summary>
    public int PendingBytes { get; init; } = 64 << 20;

    /// <summary>Updates that wait for parts or for their base.</summary>
    public int PendingUpdates { get; init; } = 8;

    /// <summary>Epochs that late trailers may refer to.</summary>
    public int EpochHistory { get; init; } = 64;

    /// <summary>Meanings that one slot keeps for late trailers, the newest included.</summary>
    public int SlotHistory { get; init; } = 4;
}
