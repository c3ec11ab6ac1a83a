namespace OppTel.Telemetry;

/// <summary>What became of a series.</summary>
public enum SeriesState
{
    /// <summary>A slot carries it, and its host is heard.</summary>
    Live = 0,

    /// <summary>Its entity ended; the last value stays visible for the retention.</summary>
    Ended = 1,

    /// <summary>
    /// It ended longer ago than that, or its host went silent: whoever shows it does so no more, and says so where the format can (a
    /// stale marker). A host that is heard again makes its series live again.
    /// </summary>
    Stale = 2,
}
