namespace OppTel.Telemetry;

/// <summary>What became of a control frame; numbers index counters, names in snake case are label values. Append only.</summary>
public enum ControlOutcome
{
    /// <summary>From the host, for the first time.</summary>
    Accepted = 0,

    /// <summary>Too short, of an unknown version, or with a wrong length.</summary>
    Malformed = 1,

    /// <summary>Not signed with the key.</summary>
    BadTag = 2,

    /// <summary>A kind that hosts do not send.</summary>
    UnknownKind = 3,

    /// <summary>A counter that was there before, or a sender that another one has replaced.</summary>
    Replayed = 4,

    /// <summary>Of another sender than the one that is heard, and it repeats no beacon of the last seconds.</summary>
    Stale = 5,
}

/// <summary>Facts about <see cref="ControlOutcome"/>.</summary>
public static class ControlOutcomes
{
    /// <summary>Number of outcomes.</summary>
    public const int Count = 6;
}
