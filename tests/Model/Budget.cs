namespace OppTel.Model.Tests;

/// <summary>How often what is rare may happen in one history.</summary>
internal sealed record Budget
{
    public int Restarts { get; init; } = 1;

    public int Stalls { get; init; } = 2;

    public int Births { get; init; } = 2;

    public int Deaths { get; init; } = 1;

    public int Replays { get; init; } = 1;

    public int Doubles { get; init; } = 1;

    public int Losses { get; init; } = 2;

    /// <summary>Whether this may happen after so many of its kind.</summary>
    public bool Allows(Step step, Func<Step, int> count) => step switch
    {
        Step.RestartHost or Step.RestartDataplane or Step.RestartAggregator =>
            count(Step.RestartHost) + count(Step.RestartDataplane) + count(Step.RestartAggregator) < Restarts,
        Step.StallAggregator => count(step) < Stalls,
        Step.Birth => count(step) < Births,
        Step.Death => count(step) < Deaths,
        Step.ReplayBeacon or Step.ReplayCatalog => count(Step.ReplayBeacon) + count(Step.ReplayCatalog) < Replays,
        Step.ToHostDoubled or Step.ToDpuDoubled => count(Step.ToHostDoubled) + count(Step.ToDpuDoubled) < Doubles,
        Step.ToHostLost or Step.ToDpuLost => count(Step.ToHostLost) + count(Step.ToDpuLost) < Losses,
        _ => true,
    };
}
