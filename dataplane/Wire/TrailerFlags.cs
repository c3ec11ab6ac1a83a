namespace OppTel.Wire;

/// <summary>Low nibble of the footer's version and flags byte. Source: <c>enum opptel_trailer_flag</c>.</summary>
[Flags]
public enum TrailerFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>An 8-byte keyed tag precedes the footer.</summary>
    Tag = 1,

    /// <summary>Stamped on a heartbeat frame.</summary>
    Heartbeat = 2,

    /// <summary>Copy of records that already left.</summary>
    Redundant = 4,

    /// <summary>Appended to an inner frame.</summary>
    Tunnel = 8,
}
