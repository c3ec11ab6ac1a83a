using System.Buffers;
using OppTel.Sketches;

namespace OppTel.Exports;

/// <summary>What the two text formats have in common: one line for each number.</summary>
public abstract class TextFormatWriter : ExpositionWriter
{
    private protected TextFormatWriter(IBufferWriter<byte> output)
        : base(LabelFormat.Text)
    {
        Output = new TextOutput(output);
    }

    /// <summary>Takes the text.</summary>
    private protected TextOutput Output { get; }

    /// <summary>Name of the samples of the family that was begun last.</summary>
    private protected string Name { get; set; } = "";

    /// <summary>The text formats know no exponential buckets: one for each power of two stands for them.</summary>
    private protected override void WriteHistogram(ExponentialHistogram histogram, ReadOnlySpan<Exemplar> exemplars, ReadOnlySpan<byte> labels)
    {
        ClassicBuckets buckets = ClassicBuckets.Of(histogram);
        WriteHistogram(new ClassicHistogram(buckets.UpperBounds, buckets.Counts, histogram.Sum) { Exemplars = exemplars }, labels);
    }

    /// <summary>The lines of all buckets; their total.</summary>
    private protected double WriteBuckets(ClassicHistogram histogram, ReadOnlySpan<byte> labels)
    {
        double total = 0;
        for (int bucket = 0; bucket < histogram.UpperBounds.Length; bucket++)
        {
            total += histogram.Counts[bucket];
            Begin("_bucket"u8, labels, histogram.UpperBounds[bucket]);
            End(total, histogram.Newest(bucket));
        }

        if (histogram.LacksInfinity)
        {
            Begin("_bucket"u8, labels, double.PositiveInfinity);
            End(total, histogram.Newest(histogram.UpperBounds.Length));
        }

        return total;
    }

    /// <summary>A whole line.</summary>
    private protected void Line(ReadOnlySpan<byte> suffix, ReadOnlySpan<byte> labels, double value)
    {
        Begin(suffix, labels, null);
        End(value, null);
    }

    /// <summary>What a format says behind the value of a bucket that has an exemplar.</summary>
    private protected virtual void WriteExemplar(in Exemplar exemplar)
    {
    }

    private void Begin(ReadOnlySpan<byte> suffix, ReadOnlySpan<byte> labels, double? bound)
    {
        Output.Text(Name);
        Output.Raw(suffix);
        if (labels.IsEmpty && bound is null)
            return;
        Output.Raw("{"u8);
        Output.Raw(labels);
        if (bound is { } le)
        {
            Output.Raw(labels.IsEmpty ? "le=\""u8 : ",le=\""u8);
            Output.Bound(le);
            Output.Raw("\""u8);
        }

        Output.Raw("}"u8);
    }

    private void End(double value, Exemplar? exemplar)
    {
        Output.Raw(" "u8);
        Output.Number(value);
        if (exemplar is { } shown)
            WriteExemplar(shown);
        Output.Raw("\n"u8);
    }
}
