using System.Buffers;
using OppTel.Sketches;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports;

/// <summary>
/// Writes delimited protobuf messages as <c>metrics.proto</c> defines them; exponential histograms become native ones, with classic buckets
/// beside them for those who read no others.
/// </summary>
/// <param name="output">Takes the messages.</param>
public sealed class ProtobufWriter(IBufferWriter<byte> output) : ExpositionWriter(LabelFormat.Protobuf)
{
    private readonly ArrayBufferWriter<byte> header = new();
    private readonly HistogramMessage message = new();
    private readonly PooledBuffer metrics = new();
    private int valueField;

    /// <inheritdoc/>
    public override void Begin(MetricFamily family)
    {
        Flush();
        (valueField, ulong type) = family.Kind switch { Kind.Counter => (3, 0ul), Kind.Gauge => (2, 1ul), _ => (7, 4ul) };
        ProtobufOutput fields = new(header);
        fields.Text(1, family.Name);
        fields.Text(2, family.Help);
        fields.Unsigned(3, type);
    }

    /// <inheritdoc/>
    public override void End() => Flush();

    private protected override void WriteSample(double value, ReadOnlySpan<byte> labels)
    {
        ProtobufOutput fields = new(metrics);
        fields.Length(4, labels.Length + ProtobufOutput.SizeOfMessage(ProtobufOutput.SizeOfDouble));
        fields.Raw(labels);
        fields.Length(valueField, ProtobufOutput.SizeOfDouble);
        fields.Double(1, value);
    }

    private protected override void WriteHistogram(ClassicHistogram histogram, ReadOnlySpan<byte> labels)
    {
        // The message has no place for counts that are negative or no numbers.
        if (histogram.IsCountable)
            WriteHistogram(message.Of(histogram), labels);
    }

    private protected override void WriteHistogram(ExponentialHistogram histogram, ReadOnlySpan<Exemplar> exemplars, ReadOnlySpan<byte> labels)
    {
        ClassicBuckets buckets = ClassicBuckets.Of(histogram);
        _ = message.Of(new ClassicHistogram(buckets.UpperBounds, buckets.Counts, histogram.Sum) { Exemplars = exemplars });
        WriteHistogram(message.Add(histogram), labels);
    }

    private void WriteHistogram(ReadOnlySpan<byte> histogram, ReadOnlySpan<byte> labels)
    {
        ProtobufOutput fields = new(metrics);
        fields.Length(4, labels.Length + ProtobufOutput.SizeOfMessage(histogram.Length));
        fields.Raw(labels);
        fields.Message(valueField, histogram);
    }

    /// <summary>A family's length is known when it is complete. One without metrics says nothing.</summary>
    private void Flush()
    {
        if (metrics.Count > 0)
        {
            ProtobufOutput fields = new(output);
            fields.Varint((ulong)(header.WrittenCount + metrics.Count));
            fields.Raw(header.WrittenSpan);
            metrics.MoveTo(output);
        }

        header.ResetWrittenCount();
    }
}
