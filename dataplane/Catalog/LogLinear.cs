namespace OppTel.Catalog;

/// <summary>The buckets of a log-linear histogram.</summary>
public sealed partial class LogLinear
{
    /// <summary>Number of buckets.</summary>
    public int Buckets => (int)((MostBits - LeastBits) << (int)StepBits) + 2;

    /// <summary>Whether there are such buckets, and bounds that grow.</summary>
    public bool IsValid => StepBits <= LeastBits && LeastBits < MostBits && MostBits < 64 && StepBits <= 8 && double.IsFinite(Unit) && Unit > 0;

    /// <summary>What a bucket's values are below, in the metric's unit; infinity for the last one.</summary>
    /// <param name="bucket">Counted from 0.</param>
    public double UpperBound(int bucket)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bucket);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bucket, Buckets);
        if (bucket == Buckets - 1)
            return double.PositiveInfinity;
        if (bucket == 0)
            return (1ul << (int)LeastBits) * Unit;
        int power = (bucket - 1) >> (int)StepBits, step = (bucket - 1) & ((1 << (int)StepBits) - 1);
        return ((1ul << (int)StepBits) + (ulong)step + 1) * (double)(1ul << ((int)LeastBits + power - (int)StepBits)) * Unit;
    }
}
