using System.Buffers;
using OppTel.Sketches;

namespace OppTel.Exports;

/// <summary>Encodes one histogram after the other; the room for it is used again.</summary>
internal sealed class HistogramMessage
{
    /// <summary>What Prometheus takes as the coarsest native buckets.</summary>
    private const int LeastSchema = -4;

    private readonly ArrayBufferWriter<byte> message = new();
    private readonly ArrayBufferWriter<byte> scratch = new();

    /// <summary>A histogram with classic buckets; the bucket of everything follows from its count.</summary>
    public ReadOnlySpan<byte> Of(ClassicHistogram histogram)
    {
        message.ResetWrittenCount();
        ProtobufOutput fields = new(message);
        double total = 0;
        for (int bucket = 0; bucket < histogram.UpperBounds.Length; bucket++)
        {
            total += histogram.Counts[bucket];
            WriteBucket(fields, total, histogram.UpperBounds[bucket], histogram.Newest(bucket));
        }

        if (histogram.LacksInfinity)
            WriteBucket(fields, total, double.PositiveInfinity, histogram.Newest(histogram.UpperBounds.Length));
        WriteCount(fields, 1, 4, total);
        fields.Double(2, histogram.Sum ?? double.NaN);
        return message.WrittenSpan;
    }

    /// <summary>Adds native buckets, unless they are too coarse.</summary>
    public ReadOnlySpan<byte> Add(ExponentialHistogram histogram)
    {
        if (histogram.Scale < LeastSchema)
            return message.WrittenSpan;
        ProtobufOutput fields = new(message);
        ulong zeros = histogram.ZeroCount;
        NativeBuckets negative = new(histogram.NegativeOffset, histogram.NegativeCounts, histogram.Scale, ref zeros);
        NativeBuckets positive = new(histogram.PositiveOffset, histogram.PositiveCounts, histogram.Scale, ref zeros);
        fields.Signed(5, histogram.Scale);
        // Also says that this is a native histogram, when nothing has been counted yet.
        fields.Double(6, NativeBuckets.ZeroThreshold);
        fields.Unsigned(7, zeros);
        negative.Write(fields, 9, 10, scratch);
        positive.Write(fields, 12, 13, scratch);
        return message.WrittenSpan;
    }

    private void WriteBucket(ProtobufOutput fields, double count, double bound, Exemplar? exemplar)
    {
        scratch.ResetWrittenCount();
        ProtobufOutput bucket = new(scratch);
        WriteCount(bucket, 1, 4, count);
        bucket.Double(2, bound);
        if (exemplar is { } shown)
            WriteExemplar(bucket, shown);
        fields.Message(3, scratch.WrittenSpan);
    }

    private static void WriteExemplar(ProtobufOutput bucket, in Exemplar exemplar)
    {
        ArrayBufferWriter<byte> content = new(), time = new();
        ProtobufOutput fields = new(content), timestamp = new(time);
        fields.Labels([.. exemplar.Labels]);
        fields.Double(2, exemplar.Value);
        long milliseconds = exemplar.Time.ToUnixTimeMilliseconds();
        timestamp.Unsigned(1, (ulong)(milliseconds / 1000));
        timestamp.Unsigned(2, (ulong)(milliseconds % 1000 * 1_000_000));
        fields.Message(3, time.WrittenSpan);
        bucket.Message(3, content.WrittenSpan);
    }

    /// <summary>A count; buckets whose values are doubles can have any.</summary>
    private static void WriteCount(ProtobufOutput fields, int field, int floatField, double count)
    {
        if (count <= 1ul << 53 && count == Math.Floor(count))
            fields.Unsigned(field, (ulong)count);
        else
            fields.Double(floatField, count);
    }
}
