using OppTel.Telemetry;

namespace OppTel.Exports.Push;

/// <summary>What one series was worth at one moment, in no format.</summary>
/// <param name="Family">Name, help and kind.</param>
/// <param name="Labels">In the order that the writer was given.</param>
internal sealed record MetricPoint(MetricFamily Family, (string Name, string Value)[] Labels)
{
    /// <summary>When, in nanoseconds of Unix time.</summary>
    public long Time { get; init; }

    /// <summary>When it began to count, in nanoseconds of Unix time; null when that is not known, or for a gauge.</summary>
    public long? Start { get; init; }

    /// <summary>When this series was first seen since it last began anew, in nanoseconds of Unix time.</summary>
    public long FirstSeen { get; init; }

    /// <summary>Of a counter or gauge.</summary>
    public double Value { get; init; }

    /// <summary>Of a histogram with bounds of its own.</summary>
    public BoundedBuckets? Buckets { get; init; }

    /// <summary>Of a histogram with exponential buckets.</summary>
    public ExponentialBuckets? Exponential { get; init; }

    /// <summary>Observations that a histogram counted.</summary>
    public IReadOnlyList<Exemplar> Exemplars { get; init; } = [];

    /// <summary>The series has ended: receivers are told, and the value is the last one.</summary>
    public bool IsEnd { get; init; }

    /// <summary>About how many bytes it takes in a request, before compression.</summary>
    public int Size => 80 + (Labels.Length * 32) + (10 * ((Buckets?.Counts.Length ?? 0) + (Exponential?.Length ?? 0)));
}

/// <summary>A histogram with bounds of its own.</summary>
/// <param name="UpperBounds">Inclusive; they grow, and none is infinite.</param>
/// <param name="Counts">Of each bucket by itself; one more than bounds, for what is above the last one.</param>
/// <param name="Sum">Of all values; null when nobody knows it.</param>
internal sealed record BoundedBuckets(double[] UpperBounds, ulong[] Counts, double? Sum)
{
    /// <summary>All counts together.</summary>
    public ulong Count => Counts.Aggregate(0ul, (sum, count) => sum + count);
}
