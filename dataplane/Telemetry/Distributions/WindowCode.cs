using System.Buffers.Binary;
using OppTel.Sketches;

namespace OppTel.Telemetry.Distributions;

/// <summary>A histogram in few bytes: numbers of seven bits a byte, and runs of empty buckets as one number.</summary>
internal static class WindowCode
{
    /// <summary>Writes a histogram; the bytes that it took.</summary>
    public static int Write(Span<byte> output, ExponentialHistogram histogram)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(output, histogram.Sum);
        BinaryPrimitives.WriteDoubleLittleEndian(output[8..], histogram.Min);
        BinaryPrimitives.WriteDoubleLittleEndian(output[16..], histogram.Max);
        output[24] = (byte)(sbyte)histogram.Scale;
        int length = 25;
        WriteNumber(output, ref length, histogram.ZeroCount);
        WriteRange(output, ref length, histogram.PositiveOffset, histogram.PositiveCounts);
        WriteRange(output, ref length, histogram.NegativeOffset, histogram.NegativeCounts);
        return length;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static DistributionWindow Read(ReadOnlySpan<byte> input, ulong end)
    {
        int at = 25;
        ulong zeros = ReadNumber(input, ref at);
        BucketRange positive = ReadRange(input, ref at), negative = ReadRange(input, ref at);
        ulong count = zeros;
        foreach (ulong bucket in positive.Counts.Concat(negative.Counts))
            count += bucket;
        return new DistributionWindow(
            end, count, BinaryPrimitives.ReadDoubleLittleEndian(input), BinaryPrimitives.ReadDoubleLittleEndian(input[8..]),
            BinaryPrimitives.ReadDoubleLittleEndian(input[16..]), (sbyte)input[24], zeros, positive, negative);
    }

    private static void WriteRange(Span<byte> output, ref int at, int offset, ReadOnlySpan<ulong> counts)
    {
        WriteNumber(output, ref at, (uint)((offset << 1) ^ (offset >> 31)));
        WriteNumber(output, ref at, (uint)counts.Length);
        for (int bucket = 0; bucket < counts.Length;)
        {
            WriteNumber(output, ref at, counts[bucket]);
            if (counts[bucket++] != 0)
                continue;
            // An empty bucket is followed by how many more are empty.
            int more = counts[bucket..].IndexOfAnyExcept(0ul);
            if (more < 0)
                more = counts.Length - bucket;
            WriteNumber(output, ref at, (uint)more);
            bucket += more;
        }
    }

    private static BucketRange ReadRange(ReadOnlySpan<byte> input, ref int at)
    {
        uint zigzag = (uint)ReadNumber(input, ref at);
        ulong[] counts = new ulong[ReadNumber(input, ref at)];
        for (int bucket = 0; bucket < counts.Length;)
        {
            counts[bucket] = ReadNumber(input, ref at);
            if (counts[bucket++] == 0)
                bucket += (int)ReadNumber(input, ref at);
        }

        return new BucketRange((int)(zigzag >> 1) ^ -(int)(zigzag & 1), counts);
    }

    private static void WriteNumber(Span<byte> output, ref int at, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            output[at++] = (byte)(value | 0x80);
        output[at++] = (byte)value;
    }

    private static ulong ReadNumber(ReadOnlySpan<byte> input, ref int at)
    {
        ulong value = 0;
        int shift = 0;
        byte next;
        do
        {
            next = input[at++];
            value |= (ulong)(next & 0x7F) << shift;
            shift += 7;
        }
        while (next >= 0x80);
        return value;
    }
}
