namespace OppTel.Catalog;

/// <summary>One metric family.</summary>
public sealed partial class Metric
{
    /// <summary>Slots that a series of it takes, and ids that it has: one, or one for each part of a histogram.</summary>
    public int Slots => LogLinear?.Buckets ?? Bounds?.Slots ?? 1;
}
