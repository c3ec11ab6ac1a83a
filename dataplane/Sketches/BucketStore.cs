namespace OppTel.Sketches;

/// <summary>Counts of consecutive buckets, of which a bounded number is kept.</summary>
/// <param name="capacity">Buckets.</param>
internal sealed class BucketStore(int capacity)
{
    private readonly ulong[] counts = new ulong[capacity];
    private int length;

    /// <summary>Number of the first bucket.</summary>
    public int Offset { get; private set; }

    /// <summary>All counts together.</summary>
    public ulong Count { get; private set; }

    /// <summary>Counts from <see cref="Offset"/> on.</summary>
    public ReadOnlySpan<ulong> Counts => counts.AsSpan(0, length);

    /// <summary>Whether a bucket fits beside those that are there.</summary>
    public bool HasRoomFor(int index) =>
        length == 0 || Math.Max((long)index, Offset + length - 1) - Math.Min(index, Offset) < capacity;

    /// <summary>Adds to a bucket that there is room for.</summary>
    public void Add(int index, ulong count)
    {
        if (length == 0)
            (Offset, length) = (index, 1);
        if (index < Offset)
        {
            int shift = Offset - index;
            counts.AsSpan(0, length).CopyTo(counts.AsSpan(shift));
            counts.AsSpan(0, shift).Clear();
            (Offset, length) = (index, length + shift);
        }

        length = Math.Max(length, index - Offset + 1);
        counts[index - Offset] += count;
        Count += count;
    }

    /// <summary>Makes one bucket of each two.</summary>
    public void Halve()
    {
        if (length == 0)
            return;
        int offset = Offset >> 1, last = (Offset + length - 1) >> 1, first = Offset;
        for (int bucket = 0; bucket < length; bucket++)
        {
            ulong count = counts[bucket];
            counts[bucket] = 0;
            counts[((first + bucket) >> 1) - offset] += count;
        }

        (Offset, length) = (offset, last - offset + 1);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(counts);
        (Offset, length, Count) = (0, 0, 0);
    }
}
