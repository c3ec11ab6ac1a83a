namespace OppTel.Triggers.Rules;

/// <summary>What a value is compared for; names in snake case are configuration keys.</summary>
public enum Comparison
{
    /// <summary>The value is higher.</summary>
    Above,

    /// <summary>The value is lower.</summary>
    Below,

    /// <summary>It grows faster, per second.</summary>
    RateAbove,

    /// <summary>It grows slower, per second, or falls.</summary>
    RateBelow,
}
