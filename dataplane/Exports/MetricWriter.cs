using OppTel.Sketches;
using OppTel.Telemetry;

namespace OppTel.Exports;

/// <summary>
/// Takes families and their samples, one after the other, and puts them into some format. What composes a page knows no format, and a
/// format knows no page.
/// </summary>
public abstract class MetricWriter
{
    /// <summary>Begins a family; its samples follow.</summary>
    public abstract void Begin(MetricFamily family);

    /// <summary>One counter or gauge of the family that was begun last.</summary>
    public abstract void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels);

    /// <summary>One counter or gauge with labels that are the same on every page.</summary>
    public virtual void Sample(double value, LabelSet labels) => Sample(value, labels.Pairs);

    /// <summary>One histogram with bounds of its own.</summary>
    /// <param name="upperBounds">Inclusive upper bounds that grow; the last one may be infinite.</param>
    /// <param name="counts">Of each bucket by itself, as many as there are bounds.</param>
    /// <param name="sum">Of all values; null when nobody knows it.</param>
    /// <param name="labels">All but the bound's.</param>
    public abstract void Histogram(
        ReadOnlySpan<double> upperBounds, ReadOnlySpan<double> counts, double? sum, params ReadOnlySpan<(string Name, string Value)> labels);

    /// <summary>One histogram with bounds of its own, and labels that are the same on every page.</summary>
    /// <param name="upperBounds">Inclusive upper bounds that grow; the last one may be infinite.</param>
    /// <param name="counts">Of each bucket by itself, as many as there are bounds.</param>
    /// <param name="sum">Of all values; null when nobody knows it.</param>
    /// <param name="labels">All but the bound's.</param>
    public virtual void Histogram(ReadOnlySpan<double> upperBounds, ReadOnlySpan<double> counts, double? sum, LabelSet labels) =>
        Histogram(upperBounds, counts, sum, labels.Pairs);

    /// <summary>One histogram with exponential buckets.</summary>
    /// <param name="histogram">Does not change meanwhile.</param>
    /// <param name="exemplars">Observations that it counted; may be none.</param>
    /// <param name="labels">All labels.</param>
    public abstract void Histogram(
        ExponentialHistogram histogram, ReadOnlySpan<Exemplar> exemplars, params ReadOnlySpan<(string Name, string Value)> labels);

    /// <summary>Ends the page; nothing follows.</summary>
    public virtual void End()
    {
    }
}
