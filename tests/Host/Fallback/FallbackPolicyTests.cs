using CsCheck;
using OppTel.Host.Fallback;

namespace OppTel.Host.Tests.Fallback;

/// <summary>The mode changes when its rules say so, never faster, and comes back.</summary>
public sealed class FallbackPolicyTests
{
    private const long Tick = 50;
    private static readonly FallbackRules Rules = new(0.1, 0.02, NoCarriers: 200, For: 150, Recover: 600, CollectorAfter: 300, HasCollector: true);
    private static readonly FallbackObservation Well = new(Tick, true, true, 0, true);
    private static readonly FallbackObservation Lossy = Well with { Loss = 0.3 };
    private static readonly FallbackObservation Between = Well with { Loss = 0.05 };
    private static readonly FallbackObservation Silent = Well with { HasMoved = false, Loss = null };
    private static readonly FallbackObservation Gone = new(Tick, false, false, null, false);

    private static readonly FallbackObservation[] Kinds =
        [Well, Lossy, Between, Silent, Gone, Gone with { IsHeard = true }, Lossy with { HasMoved = false }, Well with { Loss = null }];

    /// <summary>Situations, each for a number of looks.</summary>
    private static readonly Gen<FallbackObservation[]> History = Gen.Select(Gen.Int[0, Kinds.Length - 1], Gen.Int[1, 25])
        .Select((kind, looks) => Enumerable.Repeat(Kinds[kind], looks)).Array[1, 20].Select(parts => parts.SelectMany(part => part).ToArray());

    [Fact]
    public void LossBringsFramesOfTheirOwnAfterItsTimeAndTheWayBackTakesRecovery()
    {
        Assert.Equal(
            [(4, FallbackMode.Dedicated, FallbackReason.Loss), (4 + 12 + 1, FallbackMode.Piggyback, FallbackReason.Recovered)],
            Changes([Lossy, Lossy, Lossy, Lossy, .. Enumerable.Repeat(Well, 20)]));
    }

    [Fact]
    public void AbsenceOfCarriersIsSeenAfterTwoTimes() =>
        Assert.Equal([(1 + 4 + 3, FallbackMode.Dedicated, FallbackReason.NoCarriers)], Changes([Well, .. Enumerable.Repeat(Silent, 12)]));

    [Fact]
    public void ADataplaneThatIsGoneIsReplacedByTheCollectorAndComesBack()
    {
        Assert.Equal(
            [
                (4, FallbackMode.Dedicated, FallbackReason.NoDataplane), (7, FallbackMode.Collector, FallbackReason.NoDataplane),
                (10 + 13, FallbackMode.Piggyback, FallbackReason.Recovered),
            ],
            Changes([.. Enumerable.Repeat(Gone, 10), .. Enumerable.Repeat(Well, 20)]));
    }

    [Fact]
    public void ADataplaneThatIsBackAndLosesMuchGetsFramesOfTheirOwn() =>
        Assert.Equal(FallbackMode.Dedicated, Changes([.. Enumerable.Repeat(Gone, 10), .. Enumerable.Repeat(Lossy, 20)])[^1].Mode);

    [Fact]
    public void WithoutACollectorNothingIsSentThere() =>
        Assert.Equal(
            [(4, FallbackMode.Dedicated, FallbackReason.NoDataplane)],
            Changes([.. Enumerable.Repeat(Gone, 100)], Rules with { HasCollector = false }));

    [Fact]
    public void WhatLiesBetweenTheThresholdsMovesNothing()
    {
        Assert.Empty(Changes([.. Enumerable.Repeat(Between, 100)]));
        Assert.Single(Changes([.. Enumerable.Repeat(Lossy, 4), .. Enumerable.Repeat(Between, 100)]));
    }

    /// <summary>However things change: what leaves piggyback was bad for its time, and what comes back was good for its own.</summary>
    [Fact]
    public void ItNeverFlapsFasterThanItsTimes() => History.Sample(history =>
    {
        List<(int Look, FallbackMode Mode, FallbackReason Reason)> changes = Changes(history);
        foreach ((int look, FallbackMode mode, FallbackReason reason) in changes)
        {
            (FallbackReason[] good, long time) = mode switch
            {
                FallbackMode.Piggyback => ([FallbackReason.Recovered], Rules.Recover),
                FallbackMode.Collector => ([FallbackReason.NoDataplane], Rules.CollectorAfter),
                _ => ((FallbackReason[])[FallbackReason.Loss, FallbackReason.NoCarriers, FallbackReason.NoDataplane, FallbackReason.Recovered], Math.Min(Rules.For, Rules.Recover)),
            };
            Assert.Contains(reason, good);
            Assert.True(look > time / Tick, $"{mode} at look {look}, before its time");
        }

        // Between leaving and coming back lies the recovery, and between coming back and leaving again what was wrong.
        for (int index = 1; index < changes.Count; index++)
        {
            int looks = changes[index].Look - changes[index - 1].Look;
            if (changes[index].Mode == FallbackMode.Piggyback && changes[index - 1].Reason != FallbackReason.Recovered)
                Assert.True(looks > Rules.Recover / Tick);
            if (changes[index - 1].Mode == FallbackMode.Piggyback)
                Assert.True(looks > Math.Min(Rules.For, Rules.CollectorAfter) / Tick);
        }
    });

    /// <summary>Wherever it is: a dataplane that is well gets everything back within the time of recovery, and one that is gone is replaced in its own.</summary>
    [Fact]
    public void ItRecoversFromEverythingAndReactsToEverything() => History.Sample(history =>
    {
        FallbackState state = Run(FallbackState.Start, history);
        Assert.Equal(FallbackMode.Piggyback, Run(state, Enumerable.Repeat(Well, (int)(Rules.Recover / Tick) + 1)).Mode);
        Assert.Equal(FallbackMode.Collector, Run(state, Enumerable.Repeat(Gone, (int)(Rules.CollectorAfter / Tick) + 1)).Mode);
        Assert.NotEqual(FallbackMode.Piggyback, Run(state, Enumerable.Repeat(Lossy, (int)(Rules.For / Tick) + 1)).Mode);
    });

    /// <summary>Who sees worse at every look is at no look in a better mode.</summary>
    [Fact]
    public void ItIsMonotone() => Gen.Select(History, Gen.Double[0, 0.5].Array[500], Gen.Bool.Array[500]).Sample((history, losses, gone) =>
    {
        FallbackState better = FallbackState.Start, worse = FallbackState.Start;
        for (int look = 0; look < history.Length; look++)
        {
            FallbackObservation seen = history[look], bad = seen with
            {
                Loss = Math.Max(seen.Loss ?? 0, losses[look]),
                HasLease = seen.HasLease && !gone[look],
                HasMoved = seen.HasMoved && gone[(look + 1) % 500],
            };
            better = FallbackPolicy.Next(better, seen, Rules);
            worse = FallbackPolicy.Next(worse, bad, Rules);
            Assert.True(worse.Mode >= better.Mode, $"look {look}: {worse} after worse, {better}");
        }
    });

    /// <summary>All states that can be reached, whatever is seen: few enough to look at each.</summary>
    [Fact]
    public void EveryReachableStateIsBounded()
    {
        FallbackObservation[] all = [Well, Lossy, Between, Silent, Gone, Lossy with { HasMoved = false }, Between with { HasMoved = false }];
        HashSet<FallbackState> known = [FallbackState.Start];
        Queue<FallbackState> open = new(known);
        while (open.TryDequeue(out FallbackState state))
        {
            foreach (FallbackState next in all.Select(seen => FallbackPolicy.Next(state, seen, Rules)))
            {
                Assert.Equal(next.Gone == FallbackState.No, next.Present != FallbackState.No);
                Assert.True(next.Good <= next.Present && next.Gone <= Rules.CollectorAfter && next.Bad <= Rules.For && next.Present <= Rules.Recover);
                Assert.False(next.Good >= 0 && next.Bad >= 0);
                Assert.True(next.Mode != FallbackMode.Piggyback || next.Bad < Rules.For, $"{next}");
                Assert.True(next.Mode == FallbackMode.Collector || next.Gone < Rules.CollectorAfter, $"{next}");
                Assert.True(next.Mode == FallbackMode.Piggyback || next.Good < Rules.Recover, $"{next}");
                if (known.Add(next))
                    open.Enqueue(next);
            }
        }

        Assert.InRange(known.Count, 100, 100_000);
    }

    private static FallbackState Run(FallbackState state, IEnumerable<FallbackObservation> history) =>
        history.Aggregate(state, (current, seen) => FallbackPolicy.Next(current, seen, Rules));

    /// <summary>The looks, counted from 1, at which the mode changed.</summary>
    private static List<(int Look, FallbackMode Mode, FallbackReason Reason)> Changes(FallbackObservation[] history, FallbackRules? rules = null)
    {
        List<(int, FallbackMode, FallbackReason)> changes = [];
        FallbackState state = FallbackState.Start;
        for (int look = 0; look < history.Length; look++)
        {
            FallbackState next = FallbackPolicy.Next(state, history[look], rules ?? Rules);
            if (next.Mode != state.Mode)
                changes.Add((look + 1, next.Mode, next.Reason));
            state = next;
        }

        return changes;
    }
}
