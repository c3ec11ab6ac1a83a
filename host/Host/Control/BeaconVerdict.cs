namespace OppTel.Host.Control;

/// <summary>What became of a received control frame; a metric label in snake case.</summary>
public enum BeaconVerdict
{
    /// <summary>Fresh and authentic.</summary>
    Accepted,

    /// <summary>Not a control frame, or a short one.</summary>
    Malformed,

    /// <summary>A control frame of another kind.</summary>
    OtherKind,

    /// <summary>The keyed tag is wrong.</summary>
    BadTag,

    /// <summary>Its counter is not above the last one of its instance, or another instance has taken the place of that one.</summary>
    Replayed,

    /// <summary>It asks for tags, and this host has no secret key.</summary>
    NoKey,

    /// <summary>Of a DPU that does not know this daemon, while another one that does grants a lease.</summary>
    Unproven,
}
