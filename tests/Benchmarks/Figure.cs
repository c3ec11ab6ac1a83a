namespace OppTel.Benchmarks;

/// <summary>What one operation costs.</summary>
/// <param name="Name">Of the benchmark.</param>
/// <param name="Median">Nanoseconds: the median of the rounds.</param>
/// <param name="Least">Nanoseconds of the fastest round.</param>
/// <param name="Most">Nanoseconds of the slowest round.</param>
/// <param name="Bytes">Allocated for each operation, in the round that allocated most.</param>
internal sealed record Figure(string Name, double Median, double Least, double Most, double Bytes)
{
    /// <summary>The rounds together.</summary>
    public static Figure Of(string name, IReadOnlyCollection<(double Nanoseconds, double Bytes)> rounds)
    {
        double[] sorted = [.. rounds.Select(round => round.Nanoseconds).Order()];
        return new Figure(name, sorted[sorted.Length / 2], sorted[0], sorted[^1], rounds.Max(round => round.Bytes));
    }
}
