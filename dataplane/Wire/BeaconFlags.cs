namespace OppTel.Wire;

/// <summary>What a stripper wants of the trailers that it takes. Source: <c>enum opptel_beacon_flag</c>.</summary>
[Flags]
public enum BeaconFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Trailers without a tag are not taken.</summary>
    Tags = 1,

    /// <summary>Only frames whose source address is marked reach the stripper's cores.</summary>
    Mark = 2,
}
