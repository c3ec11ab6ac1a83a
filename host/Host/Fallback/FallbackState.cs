namespace OppTel.Host.Fallback;

/// <summary>
/// All that the policy remembers: a mode, and for how long conditions have held. Durations stop at the bound that they are compared with,
/// and are <see cref="No"/> while a condition does not hold, so that there are finitely many states for a given step of time.
/// </summary>
/// <param name="Mode">How critical metrics leave.</param>
/// <param name="Reason">Why.</param>
/// <param name="Still">Nanoseconds since a trailer left; never <see cref="No"/>.</param>
/// <param name="Bad">Nanoseconds since something is wrong.</param>
/// <param name="Gone">Nanoseconds since there is no dataplane.</param>
/// <param name="Present">Nanoseconds since there is one.</param>
/// <param name="Good">Nanoseconds since all is well.</param>
public readonly record struct FallbackState(
    FallbackMode Mode, FallbackReason Reason, long Still, long Bad, long Gone, long Present, long Good)
{
    /// <summary>Of a condition that does not hold.</summary>
    public const long No = -1;

    /// <summary>Before anything was seen.</summary>
    public static FallbackState Start { get; } = new(FallbackMode.Piggyback, FallbackReason.None, 0, No, No, No, No);
}
