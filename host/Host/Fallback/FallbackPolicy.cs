namespace OppTel.Host.Fallback;

/// <summary>
/// Decides how critical metrics leave. A function of state and observation, without a clock or I/O.
/// <para>Conditions, of one observation:</para>
/// <list type="table">
/// <item><term>gone</term><description>no beacon comes, or none grants a lease</description></item>
/// <item><term>present</term><description>not gone</description></item>
/// <item><term>poor</term><description>present, and loss is at the threshold or above, or no trailer left for <c>NoCarriers</c></description></item>
/// <item><term>bad</term><description>gone or poor</description></item>
/// <item><term>good</term><description>present, not poor, and loss at most <c>RecoverLoss</c> or unknown</description></item>
/// </list>
/// <para>Rules; the first one that fits counts, and a condition holds for a time when it held at every look within it:</para>
/// <list type="table">
/// <item><term>Piggyback, Dedicated</term><description>gone for <c>CollectorAfter</c>, and there is a collector: Collector</description></item>
/// <item><term>Piggyback</term><description>bad for <c>For</c>: Dedicated</description></item>
/// <item><term>Dedicated, Collector</term><description>good for <c>Recover</c>: Piggyback</description></item>
/// <item><term>Collector</term><description>present for <c>Recover</c>: Dedicated</description></item>
/// </list>
/// <para>So a way back takes <c>Recover</c> of a dataplane that is there, and what lies between the two thresholds of loss moves nothing.</para>
/// </summary>
public static class FallbackPolicy
{
    /// <summary>The state after an observation.</summary>
    public static FallbackState Next(in FallbackState state, in FallbackObservation seen, FallbackRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        bool isPresent = seen.IsPresent;
        long still = seen.HasMoved ? 0 : Math.Min(state.Still + seen.Elapsed, rules.NoCarriers);
        bool isStill = isPresent && still >= rules.NoCarriers, isLossy = isPresent && seen.Loss >= rules.Loss;
        bool isGood = isPresent && !isStill && !(seen.Loss > rules.RecoverLoss);
        FallbackState next = state with
        {
            Still = still,
            Bad = Run(state.Bad, !isPresent || isStill || isLossy, seen.Elapsed, rules.For),
            Gone = Run(state.Gone, !isPresent, seen.Elapsed, rules.CollectorAfter),
            Present = Run(state.Present, isPresent, seen.Elapsed, rules.Recover),
            Good = Run(state.Good, isGood, seen.Elapsed, rules.Recover),
        };
        FallbackMode mode = Decide(next, rules);
        return mode == state.Mode ? next : next with
        {
            Mode = mode,
            Reason = next.Bad == FallbackState.No ? FallbackReason.Recovered
                : !isPresent ? FallbackReason.NoDataplane
                : isLossy ? FallbackReason.Loss
                : FallbackReason.NoCarriers,
        };
    }

    private static FallbackMode Decide(in FallbackState state, FallbackRules rules) => state.Mode switch
    {
        not FallbackMode.Collector when rules.HasCollector && state.Gone >= rules.CollectorAfter => FallbackMode.Collector,
        FallbackMode.Piggyback when state.Bad >= rules.For => FallbackMode.Dedicated,
        not FallbackMode.Piggyback when state.Good >= rules.Recover => FallbackMode.Piggyback,
        FallbackMode.Collector when state.Present >= rules.Recover => FallbackMode.Dedicated,
        _ => state.Mode,
    };

    private static long Run(long time, bool holds, long elapsed, long bound) =>
        !holds ? FallbackState.No : time == FallbackState.No ? 0 : Math.Min(time + elapsed, bound);
}
