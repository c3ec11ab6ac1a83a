namespace OppTel.Model.Tests;

/// <summary>Lease, epochs and restarts, exhaustively within bounds: see <see cref="Truth"/> and <see cref="Explorer.Recover"/> for what has to hold.</summary>
public sealed class ModelTests(ITestOutputHelper output) : IDisposable
{
    private const int MostStates = 500_000;
    private readonly Explorer explorer = new(new Budget());

    public void Dispose() => explorer.Dispose();

    [Fact]
    public void FromTheBeginning() => Explore(7, new Budget { Deaths = 0, Births = 1, Stalls = 0 }, []);

    [Fact]
    public void WithALease() => Explore(5, new Budget(), Leased());

    [Fact]
    public void WhileASlotIsGivenToSomebodyElse() => Explore(5, new Budget { Stalls = 0, Births = 3 }, Removing());

    /// <summary>The same, further: takes many minutes, and runs only when asked for (-explicit only).</summary>
    [Fact(Explicit = true)]
    public void Further()
    {
        Explore(9, new Budget { Deaths = 0, Births = 1, Stalls = 0 }, []);
        Explore(7, new Budget(), Leased());
        Explore(7, new Budget { Stalls = 0, Births = 3 }, Removing());
    }

    private Step[] Leased() => explorer.Work(6, Step.Birth);

    private Step[] Removing() => explorer.Work(5, [.. explorer.Work(6, Step.Birth, Step.Birth), Step.Death]);

    private void Explore(int depth, Budget budget, Step[] from)
    {
        using Explorer bounded = new(budget);
        string? wrong = bounded.Explore(from, depth, MostStates);
        output.WriteLine($"{bounded.States} states, {bounded.Transitions} transitions, {depth} steps deep behind {from.Length}");
        if (wrong is not null)
            Assert.Fail(wrong);
    }
}
