using OppTel.Sketches;

namespace OppTel.Exports.Push;

/// <summary>An exponential histogram that does not change any more, and has no more room than it needs.</summary>
internal sealed record ExponentialBuckets
{
    /// <summary>Buckets for each power of two, as a power of two itself.</summary>
    public required int Scale { get; init; }

    public required ulong Count { get; init; }

    public required double Sum { get; init; }

    /// <summary>The smallest value; infinity when there is none.</summary>
    public required double Min { get; init; }

    /// <summary>The largest value; negative infinity when there is none.</summary>
    public required double Max { get; init; }

    public required ulong ZeroCount { get; init; }

    /// <summary>Number of the first of <see cref="Positive"/>.</summary>
    public required int PositiveOffset { get; init; }

    public required ulong[] Positive { get; init; }

    /// <summary>Number of the first of <see cref="Negative"/>.</summary>
    public required int NegativeOffset { get; init; }

    /// <summary>Buckets of negative values by their size.</summary>
    public required ulong[] Negative { get; init; }

    /// <summary>Buckets of both signs.</summary>
    public int Length => Positive.Length + Negative.Length;

    /// <summary>A copy.</summary>
    public static ExponentialBuckets Of(ExponentialHistogram histogram) => new()
    {
        Scale = histogram.Scale,
        Count = histogram.Count,
        Sum = histogram.Sum,
        Min = histogram.Min,
        Max = histogram.Max,
        ZeroCount = histogram.ZeroCount,
        PositiveOffset = histogram.PositiveOffset,
        Positive = histogram.PositiveCounts.ToArray(),
        NegativeOffset = histogram.NegativeOffset,
        Negative = histogram.NegativeCounts.ToArray(),
    };
}
