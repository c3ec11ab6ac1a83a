namespace OppTel.Wire;

/// <summary>What the strip stage found at the end of a frame. Source: <c>enum opptel_strip_reason</c>; append only.</summary>
public enum StripReason
{
    /// <summary>A valid trailer.</summary>
    Stripped = 0,

    /// <summary>The frame does not end in the magic; never counted.</summary>
    NoTrailer = 1,

    /// <summary>Magic of a version that this reader does not know.</summary>
    UnknownVersion = 2,

    /// <summary>Length, counts, pad and tag flag contradict each other or the frame.</summary>
    BadLength = 3,

    /// <summary>No rule for where the L3 packet ends, or a malformed header.</summary>
    UnknownL3 = 4,

    /// <summary>The bytes belong to the packet itself.</summary>
    NotAtL3End = 5,

    /// <summary>The ones'-complement sum is not 0xFFFF.</summary>
    BadChecksum = 6,

    /// <summary>The keyed tag is missing or wrong.</summary>
    BadTag = 7,

    /// <summary>Marked as inside a tunnel, in a datagram to a tunnel's port that holds none.</summary>
    BadTunnel = 8,
}

/// <summary>Label values of <see cref="StripReason"/>.</summary>
public static class StripReasons
{
    /// <summary>Number of reasons.</summary>
    public const int Count = 9;

    private static readonly string[] Labels =
    [
        "stripped", "no_trailer", "unknown_version", "bad_length", "unknown_l3", "not_at_l3_end", "bad_checksum", "bad_tag",
        "bad_tunnel",
    ];

    /// <summary>The metric label of a reason, in snake case.</summary>
    public static string Label(this StripReason reason) => Labels[(int)reason];
}
