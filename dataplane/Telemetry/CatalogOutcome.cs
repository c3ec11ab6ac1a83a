namespace OppTel.Telemetry;

/// <summary>What became of a catalog frame; numbers index counters, names in snake case are label values. Append only.</summary>
public enum CatalogOutcome
{
    /// <summary>It completed an epoch, which is in force now.</summary>
    Applied = 0,

    /// <summary>Kept until the other parts, or the base, are there.</summary>
    Waiting = 1,

    /// <summary>Already known: a repetition.</summary>
    Known = 2,

    /// <summary>Older than the epoch in force.</summary>
    Stale = 3,

    /// <summary>Not a protocol buffer of this message.</summary>
    Malformed = 4,

    /// <summary>Epoch, base, part or parts are out of range or contradict each other.</summary>
    BadHeader = 5,

    /// <summary>Name, help, kind, encoding, scale or bound of a metric.</summary>
    BadMetric = 6,

    /// <summary>Name, length, number or double use of labels.</summary>
    BadLabels = 7,

    /// <summary>A block names slots beyond the last one, unknown metrics, or none.</summary>
    BadBlock = 8,

    /// <summary>Two blocks of one update give the same slot.</summary>
    Overlap = 9,

    /// <summary>A metric id changed its meaning.</summary>
    Redefined = 10,

    /// <summary>The host's name is missing, too long, or another than before.</summary>
    BadHost = 11,

    /// <summary>More metrics, parts or waiting bytes than allowed.</summary>
    TooLarge = 12,

    /// <summary>The part differs from the same part seen before; the update is collected anew.</summary>
    Inconsistent = 13,
}

/// <summary>Facts about <see cref="CatalogOutcome"/>.</summary>
public static class CatalogOutcomes
{
    /// <summary>Number of outcomes.</summary>
    public const int Count = 14;
}
