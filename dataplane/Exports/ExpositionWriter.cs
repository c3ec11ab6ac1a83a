using System.Buffers;
using OppTel.Sketches;

namespace OppTel.Exports;

/// <summary>A format in which a series' labels stand together, so that they are spelled once and copied from then on.</summary>
public abstract class ExpositionWriter : MetricWriter
{
    private readonly LabelFormat format;
    private readonly ArrayBufferWriter<byte> spelled = new();

    private protected ExpositionWriter(LabelFormat format)
    {
        this.format = format;
    }

    /// <inheritdoc/>
    public override void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) => WriteSample(value, Spell(labels));

    /// <inheritdoc/>
    public override void Sample(double value, LabelSet labels) => WriteSample(value, labels.Spelled(format));

    /// <inheritdoc/>
    public override void Histogram(
        ReadOnlySpan<double> upperBounds, ReadOnlySpan<double> counts, double? sum, params ReadOnlySpan<(string Name, string Value)> labels) =>
        WriteHistogram(new ClassicHistogram(upperBounds, counts, sum), Spell(labels));

    /// <inheritdoc/>
    public override void Histogram(ReadOnlySpan<double> upperBounds, ReadOnlySpan<double> counts, double? sum, LabelSet labels) =>
        WriteHistogram(new ClassicHistogram(upperBounds, counts, sum), labels.Spelled(format));

    /// <inheritdoc/>
    public override void Histogram(
        ExponentialHistogram histogram, ReadOnlySpan<Exemplar> exemplars, params ReadOnlySpan<(string Name, string Value)> labels) =>
        WriteHistogram(histogram, exemplars, Spell(labels));

    /// <summary>One counter or gauge.</summary>
    private protected abstract void WriteSample(double value, ReadOnlySpan<byte> labels);

    /// <summary>One histogram with bounds of its own.</summary>
    private protected abstract void WriteHistogram(ClassicHistogram histogram, ReadOnlySpan<byte> labels);

    /// <summary>One histogram with exponential buckets.</summary>
    private protected abstract void WriteHistogram(ExponentialHistogram histogram, ReadOnlySpan<Exemplar> exemplars, ReadOnlySpan<byte> labels);

    private ReadOnlySpan<byte> Spell(ReadOnlySpan<(string Name, string Value)> labels)
    {
        spelled.ResetWrittenCount();
        LabelSpelling.Write(format, labels, spelled);
        return spelled.WrittenSpan;
    }
}
