namespace OppTel.Catalog;

/// <summary>The buckets of a histogram by their bounds.</summary>
public sealed partial class Bounds
{
    /// <summary>Whether a slot behind the buckets carries the sum.</summary>
    public bool HasSum => SumScale != 0;

    /// <summary>Slots that the buckets and the sum take.</summary>
    public int Slots => UpperBounds.Count + (HasSum ? 1 : 0);

    /// <summary>Whether there are buckets, with bounds that grow, and a scale that keeps a sum's sign.</summary>
    public bool IsValid =>
        UpperBounds.Count > 0 && double.IsFinite(SumScale) && SumScale >= 0
        && !double.IsNaN(UpperBounds[0]) && UpperBounds.Zip(UpperBounds.Skip(1)).All(pair => pair.First < pair.Second);
}
