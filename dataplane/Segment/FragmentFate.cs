namespace OppTel.Segment;

/// <summary>Why the fragments of a datagram lost their place and left as they were; append only.</summary>
public enum FragmentFate
{
    /// <summary>Something between two fragments is missing, or comes later.</summary>
    Gap = 0,

    /// <summary>A fragment brings bytes that were there before.</summary>
    Overlap = 1,

    /// <summary>The first one does not hold the tunnel's headers; it had no place.</summary>
    Tiny = 2,

    /// <summary>More fragments or bytes than a datagram may have here.</summary>
    TooMany = 3,

    /// <summary>Newer ones needed the place.</summary>
    Evicted = 4,

    /// <summary>The rest did not come in time.</summary>
    TimedOut = 5,
}

/// <summary>Label values of <see cref="FragmentFate"/>.</summary>
public static class FragmentFates
{
    /// <summary>Number of fates.</summary>
    public const int Count = 6;

    private static readonly string[] Labels = ["gap", "overlap", "tiny", "too_many", "evicted", "timed_out"];

    /// <summary>The metric label of a fate, in snake case.</summary>
    public static string Label(this FragmentFate fate) => Labels[(int)fate];
}
