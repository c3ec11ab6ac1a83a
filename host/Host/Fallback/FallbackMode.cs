namespace OppTel.Host.Fallback;

/// <summary>How the critical metrics leave; a metric label in snake case.</summary>
public enum FallbackMode
{
    /// <summary>Like all others: in the trailers of packets.</summary>
    Piggyback,

    /// <summary>In frames of their own to the DPU as well, each acknowledged.</summary>
    Dedicated,

    /// <summary>In datagrams to the collector: there is no dataplane that would take them.</summary>
    Collector,
}

/// <summary>Why the mode is what it is; a metric label in snake case.</summary>
public enum FallbackReason
{
    /// <summary>Nothing was ever wrong.</summary>
    None,

    /// <summary>Too many trailers did not arrive.</summary>
    Loss,

    /// <summary>No packet carried a trailer.</summary>
    NoCarriers,

    /// <summary>No beacon comes, or none that grants a lease.</summary>
    NoDataplane,

    /// <summary>What was wrong is over for long enough.</summary>
    Recovered,
}
