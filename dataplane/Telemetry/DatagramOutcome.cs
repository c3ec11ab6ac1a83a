namespace OppTel.Telemetry;

/// <summary>What became of a datagram; numbers index counters, names in snake case are label values. Append only.</summary>
public enum DatagramOutcome
{
    /// <summary>From a host, for the first time.</summary>
    Accepted = 0,

    /// <summary>Too short or too long, of an unknown version, or with a wrong length.</summary>
    Malformed = 1,

    /// <summary>Not signed with the key.</summary>
    BadTag = 2,

    /// <summary>A kind that hosts do not send.</summary>
    UnknownKind = 3,

    /// <summary>It was there before, or is from a sender that is gone.</summary>
    Replayed = 4,

    /// <summary>For another collector, or for an earlier run of this one.</summary>
    OtherRecipient = 5,

    /// <summary>A host's greeting: it was told who is here.</summary>
    Greeted = 6,

    /// <summary>As many hosts are there as can be.</summary>
    TooManySenders = 7,

    /// <summary>It came faster than datagrams are taken.</summary>
    Overflow = 8,
}

/// <summary>Facts about <see cref="DatagramOutcome"/>.</summary>
public static class DatagramOutcomes
{
    /// <summary>Number of outcomes.</summary>
    public const int Count = 9;
}
