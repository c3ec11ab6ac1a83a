namespace OppTel.Sketches.HeavyHitters;

/// <summary>A key and the bounds of its weight.</summary>
/// <param name="Key">The key.</param>
/// <param name="Lower">What it weighs at least: all that was seen since it was remembered.</param>
/// <param name="Upper">What it weighs at most.</param>
public readonly record struct HeavyHitter<TKey>(TKey Key, double Lower, double Upper)
    where TKey : struct, IEquatable<TKey>
{
    /// <summary>How far the truth may lie below <see cref="Upper"/>.</summary>
    public double Error => Upper - Lower;
}
