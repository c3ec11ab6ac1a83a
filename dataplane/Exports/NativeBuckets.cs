using System.Buffers;
using OppTel.Sketches;

namespace OppTel.Exports;

/// <summary>
/// The buckets of one sign as a native histogram of Prometheus has them: runs of buckets, and counts as differences from the bucket before.
/// Its bucket i ends at 2^(i * 2^-schema), where that of an <see cref="ExponentialHistogram"/> begins.
/// </summary>
internal readonly ref struct NativeBuckets
{
    /// <summary>Values up to here, of either sign, count as zero: what Prometheus' own client takes.</summary>
    public static readonly double ZeroThreshold = Math.ScaleB(1, ZeroPower);

    private const int ZeroPower = -128;

    /// <summary>So many empty buckets cost less than a new run.</summary>
    private const int ShortGap = 2;

    private readonly int offset;
    private readonly ReadOnlySpan<ulong> counts;

    /// <summary>The buckets that lie outside the zero bucket.</summary>
    /// <param name="offset">Number of the first bucket, in the histogram's own numbers.</param>
    /// <param name="counts">From there on.</param>
    /// <param name="scale">Of the histogram.</param>
    /// <param name="zeros">Grows by what the others counted.</param>
    public NativeBuckets(int offset, ReadOnlySpan<ulong> counts, int scale, ref ulong zeros)
    {
        int tiny = 0;
        for (; tiny < counts.Length && Math.ScaleB(offset + tiny + 1, -scale) <= ZeroPower; tiny++)
            zeros += counts[tiny];
        this.offset = offset + tiny;
        this.counts = counts[tiny..];
    }

    /// <summary>Writes the runs and the differences.</summary>
    /// <param name="message">A histogram's message.</param>
    /// <param name="runField">Field of the runs.</param>
    /// <param name="differenceField">Field of the differences.</param>
    /// <param name="scratch">For its own use.</param>
    public void Write(ProtobufOutput message, int runField, int differenceField, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        ProtobufOutput differences = new(scratch);
        // The first run counts from bucket 0 of Prometheus, the others from the end of the run before.
        int end = -(offset + 1);
        long previous = 0;
        for (int start = NextFilled(0); start < counts.Length; start = NextFilled(end))
        {
            int gap = start - end;
            end = EndOfRun(start);
            WriteRun(message, runField, gap, (uint)(end - start));
            foreach (ulong count in counts[start..end])
            {
                differences.Zigzag((long)count - previous);
                previous = (long)count;
            }
        }

        if (scratch.WrittenCount > 0)
            message.Message(differenceField, scratch.WrittenSpan);
    }

    /// <summary>Adds the runs (gap to the run before, or number of the first bucket; length) and the differences to lists.</summary>
    public void AddTo(ICollection<(int Gap, uint Length)> runs, ICollection<long> differences)
    {
        int end = -(offset + 1);
        long previous = 0;
        for (int start = NextFilled(0); start < counts.Length; start = NextFilled(end))
        {
            int gap = start - end;
            end = EndOfRun(start);
            runs.Add((gap, (uint)(end - start)));
            foreach (ulong count in counts[start..end])
            {
                differences.Add((long)count - previous);
                previous = (long)count;
            }
        }
    }

    private static void WriteRun(ProtobufOutput message, int field, int gap, uint length)
    {
        message.Length(field, 2 + ProtobufOutput.SizeOfZigzag(gap) + ProtobufOutput.SizeOf(length));
        message.Signed(1, gap);
        message.Unsigned(2, length);
    }

    private int NextFilled(int from)
    {
        // The end of a run may lie before the first bucket: there is none yet.
        int bucket = Math.Max(from, 0);
        while (bucket < counts.Length && counts[bucket] == 0)
            bucket++;
        return bucket;
    }

    private int EndOfRun(int start)
    {
        int end = start + 1;
        for (int next = NextFilled(end); next < counts.Length && next - end <= ShortGap; next = NextFilled(end))
            end = next + 1;
        return end;
    }
}
