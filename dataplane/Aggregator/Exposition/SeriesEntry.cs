using OppTel.Exports;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Exposition;

/// <summary>One sample, or one histogram, of a page: what does not change from one page to the next.</summary>
internal sealed class SeriesEntry
{
    /// <summary>An entry.</summary>
    /// <param name="parts">The series alone, or a histogram's buckets by their bounds.</param>
    /// <param name="sum">A histogram's sum; null where it has none.</param>
    /// <param name="labels">Of all parts.</param>
    public SeriesEntry(Series[] parts, Series? sum, LabelSet labels)
    {
        (Parts, Sum, Labels) = (parts, sum, labels);
        UpperBounds = IsHistogram ? [.. parts.Select(part => part.UpperBound)] : [];
    }

    /// <summary>The series alone, or a histogram's buckets.</summary>
    public Series[] Parts { get; }

    /// <summary>A histogram's sum.</summary>
    public Series? Sum { get; }

    /// <summary>Of all parts.</summary>
    public LabelSet Labels { get; }

    /// <summary>Of a histogram's buckets; they grow.</summary>
    public double[] UpperBounds { get; }

    /// <summary>Of all parts.</summary>
    public MetricFamily Family => Parts[0].Family;

    /// <summary>Whether the parts are buckets.</summary>
    public bool IsHistogram => Family.Kind == Kind.HistogramBucket;

    /// <summary>Series of which a value is needed.</summary>
    public int Values => Parts.Length + (Sum is null ? 0 : 1);
}
