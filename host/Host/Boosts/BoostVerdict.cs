namespace OppTel.Host.Boosts;

/// <summary>What became of a DPU's wish for a metric; a metric label in snake case.</summary>
public enum BoostVerdict
{
    /// <summary>As it was asked for.</summary>
    Granted,

    /// <summary>At the least interval that the configuration allows, which is longer.</summary>
    Slowed,

    /// <summary>No metric of this daemon has the id.</summary>
    Unknown,

    /// <summary>The configuration allows none.</summary>
    Disabled,

    /// <summary>It came while boosts rest, or was cut off: they have taken the longest time at a stretch.</summary>
    Exhausted,
}
