namespace OppTel.Exports;

/// <summary>A histogram with bounds of its own.</summary>
internal readonly ref struct ClassicHistogram
{
    /// <summary>A histogram without exemplars.</summary>
    public ClassicHistogram(ReadOnlySpan<double> upperBounds, ReadOnlySpan<double> counts, double? sum)
    {
        UpperBounds = upperBounds;
        Counts = counts;
        Sum = sum;
    }

    /// <summary>Inclusive; they grow, and the last one may be infinite.</summary>
    public ReadOnlySpan<double> UpperBounds { get; }

    /// <summary>Of each bucket by itself.</summary>
    public ReadOnlySpan<double> Counts { get; }

    /// <summary>Of all values; null when nobody knows it.</summary>
    public double? Sum { get; }

    /// <summary>Some of what was counted.</summary>
    public ReadOnlySpan<Exemplar> Exemplars { get; init; }

    /// <summary>Whether the bucket of everything has still to be added.</summary>
    public bool LacksInfinity => UpperBounds.IsEmpty || !double.IsPositiveInfinity(UpperBounds[^1]);

    /// <summary>Whether all counts are counts: what hosts send may be anything.</summary>
    public bool IsCountable
    {
        get
        {
            foreach (double count in Counts)
            {
                if (!(count >= 0) || double.IsInfinity(count))
                    return false;
            }

            return true;
        }
    }

    /// <summary>The newest exemplar of a bucket, of which one can be shown; null when it has none.</summary>
    /// <param name="bucket">Its number; that of the bounds' end for the bucket of everything above.</param>
    public Exemplar? Newest(int bucket)
    {
        double above = bucket > 0 ? UpperBounds[bucket - 1] : double.NegativeInfinity;
        double most = bucket < UpperBounds.Length ? UpperBounds[bucket] : double.PositiveInfinity;
        Exemplar? newest = null;
        foreach (Exemplar exemplar in Exemplars)
        {
            if (exemplar.Value > above && exemplar.Value <= most && !(newest?.Time > exemplar.Time))
                newest = exemplar;
        }

        return newest;
    }
}
