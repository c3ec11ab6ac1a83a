using OppTel.Sketches;

namespace OppTel.Telemetry.Distributions;

/// <summary>What one window of a distribution counted; buckets are those of <see cref="ExponentialHistogram"/>.</summary>
/// <param name="End">The DPU's clock when it ended, in nanoseconds.</param>
/// <param name="Count">Observations.</param>
/// <param name="Sum">Their sum.</param>
/// <param name="Min">The smallest.</param>
/// <param name="Max">The largest.</param>
/// <param name="Scale">Buckets for each power of two, as a power of two.</param>
/// <param name="ZeroCount">Observations that are zero.</param>
/// <param name="Positive">Buckets of what is above zero.</param>
/// <param name="Negative">Buckets of what is below, by size.</param>
public sealed record DistributionWindow(
    ulong End, ulong Count, double Sum, double Min, double Max, int Scale, ulong ZeroCount, BucketRange Positive, BucketRange Negative)
{
    /// <summary>A copy of a histogram.</summary>
    public static DistributionWindow Of(ExponentialHistogram histogram, ulong end) => new(
        end, histogram.Count, histogram.Sum, histogram.Min, histogram.Max, histogram.Scale, histogram.ZeroCount,
        new BucketRange(histogram.PositiveOffset, histogram.PositiveCounts.ToArray()),
        new BucketRange(histogram.NegativeOffset, histogram.NegativeCounts.ToArray()));
}

/// <summary>Counts of consecutive buckets.</summary>
/// <param name="Offset">Number of the first.</param>
/// <param name="Counts">From there on.</param>
public sealed record BucketRange(int Offset, IReadOnlyList<ulong> Counts);
