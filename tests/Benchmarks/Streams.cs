namespace OppTel.Benchmarks;

/// <summary>What the sketches are fed with: the same in each run.</summary>
internal static class Streams
{
    /// <summary>How many operations one call of a benchmark does.</summary>
    public const int Length = 4096;

    private static readonly Random Source = new(4);

    /// <summary>Durations of about a millisecond, in whole nanoseconds, of a log-normal distribution.</summary>
    public static double[] Durations { get; } = [.. Enumerable.Range(0, Length).Select(_ => Math.Floor(Math.Exp(13.8 + Normal())))];

    /// <summary>Keys of which few are frequent: rank r comes in proportion to 1 / r.</summary>
    public static ulong[] Keys { get; } = [.. Enumerable.Range(0, Length).Select(_ => (ulong)Math.Pow(10_000, Source.NextDouble()))];

    /// <summary>Keys that are all different.</summary>
    public static ulong[] Distinct { get; } = [.. Enumerable.Range(0, Length).Select(_ => (ulong)Source.NextInt64())];

    // Of Box and Muller.
    private static double Normal() => Math.Sqrt(-2 * Math.Log(1 - Source.NextDouble())) * Math.Cos(2 * Math.PI * Source.NextDouble());
}
