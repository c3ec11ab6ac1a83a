using System.Buffers.Binary;
using OppTel.Sketches;

namespace OppTel.Telemetry.Distributions;

/// <summary>
/// Finished windows of one span of all distributions, one after the other in a fixed piece of memory: the newest overwrite the oldest,
/// whosesoever they are. The windows of a distribution are a chain from its newest one backwards. Allocates nothing when it is written.
/// </summary>
/// <param name="capacity">Bytes; at least twice <see cref="LongestEntry"/>.</param>
internal sealed class WindowLog(int capacity)
{
    /// <summary>Position of no window.</summary>
    public const long None = -1;

    /// <summary>Bytes that a window can take at most: two ranges of the widest histograms here.</summary>
    public static readonly int LongestEntry = HeaderSize + (2 * (10 + (10 * Distribution.MaxBuckets))) + 64;

    /// <summary>Position of the one before, then when it ended.</summary>
    private const int HeaderSize = 16;

    private readonly byte[] bytes = new byte[capacity];

    /// <summary>Where the next entry begins, counted over all that was ever written.</summary>
    private long head;

    /// <summary>Writes a window; its position.</summary>
    /// <param name="previous">Position of the same distribution's window before.</param>
    /// <param name="end">When it ended.</param>
    /// <param name="window">What it counted.</param>
    public long Append(long previous, ulong end, ExponentialHistogram window)
    {
        int offset = (int)(head % capacity);
        if (capacity - offset < LongestEntry)
        {
            // An entry is in one piece.
            head += capacity - offset;
            offset = 0;
        }

        Span<byte> entry = bytes.AsSpan(offset, LongestEntry);
        BinaryPrimitives.WriteInt64LittleEndian(entry, previous);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], end);
        long position = head;
        head += HeaderSize + WindowCode.Write(entry[HeaderSize..], window);
        return position;
    }

    /// <summary>Reads a window unless it was overwritten.</summary>
    /// <param name="position">From <see cref="Append"/>.</param>
    /// <param name="previous">Position of the one before.</param>
    /// <param name="window">What it counted.</param>
    public bool TryRead(long position, out long previous, out DistributionWindow? window)
    {
        previous = None;
        window = null;
        // What lies up to one longest entry ahead of the head may be overwritten next, but is whole until then.
        if (position < 0 || position < head - capacity)
            return false;
        ReadOnlySpan<byte> entry = bytes.AsSpan((int)(position % capacity));
        previous = BinaryPrimitives.ReadInt64LittleEndian(entry);
        window = WindowCode.Read(entry[HeaderSize..], BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]));
        return true;
    }
}
