using OppTel.Host.Fallback;

namespace OppTel.Model.Tests;

/// <summary>
/// The fallback's policy against every history of what it can see: I6. What it believes to have lasted is kept beside it by somebody who
/// only counts.
/// </summary>
public sealed class FallbackModelTests(ITestOutputHelper output)
{
    private const int For = 3, Recover = 4, CollectorAfter = 2, NoCarriers = 2;

    private static readonly FallbackObservation[] Views =
    [
        new(1, true, true, 0, true), new(1, true, true, 0.05, true), new(1, true, true, 0.5, true), new(1, true, true, null, true),
        new(1, true, true, null, false), new(1, true, false, null, true), new(1, false, false, null, false), new(1, false, true, 0, true),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryHistoryKeepsItsPromises(bool hasCollector)
    {
        FallbackRules rules = new(0.1, 0.02, NoCarriers, For, Recover, CollectorAfter, hasCollector);
        HashSet<Node> seen = [Node.Start];
        Queue<Node> frontier = new(seen);
        while (frontier.TryDequeue(out Node? node))
        {
            foreach (FallbackObservation view in Views)
            {
                Node next = node.After(view, rules);
                AssertAllowed(node, next, rules);
                if (seen.Add(next))
                    frontier.Enqueue(next);
            }

            AssertReturns(node, rules);
        }

        output.WriteLine($"{seen.Count} states, {seen.Count * Views.Length} transitions");
    }

    private static void AssertAllowed(Node from, Node to, FallbackRules rules)
    {
        FallbackMode before = from.State.Mode, after = to.State.Mode;
        // Some way is open while any works.
        Assert.False(after == FallbackMode.Piggyback && to.Bad > For, "what is wrong for long has no consequence");
        Assert.False(after != FallbackMode.Collector && rules.HasCollector && to.Gone > CollectorAfter, "the collector is not used");
        Assert.False(after == FallbackMode.Collector && to.Present > Recover, "a dataplane that is there is not used");
        if (before == after)
            return;
        // The way out takes its thresholds, and the way back takes longer than any flapping.
        Assert.True(after != FallbackMode.Collector || (rules.HasCollector && to.Gone > 0 && to.Gone >= CollectorAfter), "to the collector too soon");
        Assert.True(after != FallbackMode.Dedicated || before == FallbackMode.Collector || to.Bad >= For, "to frames of their own too soon");
        Assert.True(after != FallbackMode.Dedicated || before != FallbackMode.Collector || to.Present >= Recover, "away from the collector too soon");
        Assert.True(after != FallbackMode.Piggyback || (to.Good >= Recover && from.Age >= Recover), "back too soon");
    }

    /// <summary>When all is well it returns, in bounded time, and stays.</summary>
    private static void AssertReturns(Node node, FallbackRules rules)
    {
        for (int step = 0; step <= Recover; step++)
            node = node.After(Views[0], rules);
        Assert.Equal(FallbackMode.Piggyback, node.State.Mode);
        Assert.Equal(FallbackMode.Piggyback, node.After(Views[0], rules).State.Mode);
    }

    /// <summary>A state, and for how many looks each condition has really held, as far as it matters; -1 for none.</summary>
    /// <param name="State">The policy's.</param>
    /// <param name="Bad">Something is wrong.</param>
    /// <param name="Gone">There is no dataplane.</param>
    /// <param name="Present">There is one.</param>
    /// <param name="Good">All is well.</param>
    /// <param name="Still">No trailer has left.</param>
    /// <param name="Age">It was left, or taken up, to let carriers do.</param>
    private sealed record Node(FallbackState State, int Bad, int Gone, int Present, int Good, int Still, int Age)
    {
        private const int Cap = 6;

        public static Node Start { get; } = new(FallbackState.Start, -1, -1, -1, -1, 0, 0);

        public Node After(FallbackObservation view, FallbackRules rules)
        {
            bool isPresent = view is { IsHeard: true, HasLease: true };
            int still = view.HasMoved ? 0 : Math.Min(Still + 1, Cap);
            bool isPoor = isPresent && (view.Loss >= rules.Loss || still >= NoCarriers);
            FallbackState state = FallbackPolicy.Next(State, view, rules);
            return new Node(
                state,
                Count(Bad, !isPresent || isPoor),
                Count(Gone, !isPresent),
                Count(Present, isPresent),
                Count(Good, isPresent && !isPoor && !(view.Loss > rules.RecoverLoss)),
                still,
                (state.Mode == FallbackMode.Piggyback) == (State.Mode == FallbackMode.Piggyback) ? Math.Min(Age + 1, Cap) : 0);
        }

        private static int Count(int held, bool holds) => holds ? Math.Min(held + 1, Cap) : -1;
    }
}
