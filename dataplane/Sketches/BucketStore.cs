using System.Runtime.CompilerServices;

namespace OppTel.Sketches;

/// <summary>Counts of consecutive buckets of one sign. Memory grows with the buckets, in steps of two, up to what the owner allows.</summary>
internal struct BucketStore()
{
    private const int SmallestCapacity = 8;

    private ulong[] counts = [];
    private int length;

    // Values whose bits are from here on, less far than reach, lie between two that were counted: their buckets are there.
    private long least;
    private ulong reach;

    /// <summary>Number of the first bucket, as <see cref="BucketMapping"/> numbers them.</summary>
    public int Offset { get; private set; }

    /// <summary>Counts from <see cref="Offset"/> on; the first and the last are not 0.</summary>
    public readonly ReadOnlySpan<ulong> Counts => counts.AsSpan(0, Math.Min(length, counts.Length));

    /// <summary>All counts together.</summary>
    public readonly ulong Count
    {
        get
        {
            ulong sum = 0;
            foreach (ulong count in Counts)
                sum += count;
            return sum;
        }
    }

    /// <summary>Bytes of the counts.</summary>
    public readonly int Bytes => counts.Length * sizeof(ulong);

    /// <summary>Adds to the bucket of a normal value between two that were counted before.</summary>
    /// <param name="bits">The value's bits.</param>
    /// <param name="shift">How often the scale was halved.</param>
    /// <param name="count">What to add.</param>
    /// <returns>Whether it is such a value; nothing is counted when not.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryAdd(long bits, int shift, ulong count)
    {
        if ((ulong)(bits - least) >= reach)
            return false;
        counts[(BucketMapping.IndexOf(bits) >> shift) - Offset] += count;
        return true;
    }

    /// <summary>Adds the first of many values, in blocks, for as long as all of a block lie between two that were counted before.</summary>
    /// <param name="values">What to count.</param>
    /// <param name="shift">How often the scale was halved.</param>
    /// <param name="sum">The sum of what was counted.</param>
    /// <returns>How many were counted.</returns>
    public readonly int AddBlocks(ReadOnlySpan<double> values, int shift, out double sum)
    {
        sum = 0;
        if (reach == 0)
            return 0;
        double smallest = BitConverter.Int64BitsToDouble(least), largest = BitConverter.Int64BitsToDouble(least + (long)reach - 1);
        BucketVectors.Indexes indexes = default;
        int counted = 0, found;
        do
        {
            found = BucketVectors.Find(values[counted..], (smallest, largest), (shift, Offset), indexes, ref sum);
            Increment(((ReadOnlySpan<int>)indexes)[..found]);
            counted += found;
        }
        while (found == BucketVectors.Indexes.Length);
        return counted;
    }

    /// <summary>Remembers that a value was counted.</summary>
    public void Cover(long bits)
    {
        if (bits < BucketMapping.LeastNormal)
            return;
        Cover(bits, bits);
    }

    /// <summary>Remembers what another store has counted.</summary>
    public void Cover(in BucketStore other)
    {
        if (other.reach > 0)
            Cover(other.least, other.least + (long)other.reach - 1);
    }

    /// <summary>How often the buckets have to be halved before there are not more than <paramref name="limit"/> with these two.</summary>
    public readonly int HalvingsFor(int first, int last, int limit)
    {
        if (length > 0)
            (first, last) = (Math.Min(first, Offset), Math.Max(last, Offset + length - 1));
        int halvings = 0;
        while ((last >> halvings) - (first >> halvings) >= limit)
            halvings++;
        return halvings;
    }

    /// <summary>Makes the buckets from one to another part of the store.</summary>
    public void Extend(int first, int last, int limit)
    {
        if (length > 0)
            (first, last) = (Math.Min(first, Offset), Math.Max(last, Offset + length - 1));
        else
            Offset = first;
        int needed = last - first + 1, shift = Offset - first;
        EnsureCapacity(needed, limit);
        if (shift > 0)
        {
            counts.AsSpan(0, length).CopyTo(counts.AsSpan(shift));
            counts.AsSpan(0, Math.Min(shift, length)).Clear();
        }

        (Offset, length) = (first, needed);
    }

    /// <summary>Makes room for buckets; later ones allocate nothing.</summary>
    public void EnsureCapacity(int buckets, int limit)
    {
        if (buckets <= counts.Length)
            return;
        int capacity = Math.Max(SmallestCapacity, counts.Length);
        while (capacity < buckets)
            capacity *= 2;
        Array.Resize(ref counts, Math.Min(capacity, limit));
    }

    /// <summary>Adds to a bucket of the store.</summary>
    public readonly void Add(int index, ulong count) => counts[index - Offset] += count;

    /// <summary>Makes one bucket of each two, some times over.</summary>
    public void Halve(int times)
    {
        if (length == 0)
            return;
        int offset = Offset >> times, last = (Offset + length - 1) >> times;
        for (int bucket = 0; bucket < length; bucket++)
        {
            ulong count = counts[bucket];
            counts[bucket] = 0;
            counts[((Offset + bucket) >> times) - offset] += count;
        }

        (Offset, length) = (offset, last - offset + 1);
    }

    /// <summary>Forgets everything but its memory.</summary>
    public void Clear()
    {
        counts.AsSpan(0, length).Clear();
        (Offset, length, least, reach) = (0, 0, 0, 0);
    }

    /// <summary>Counts one in each of some buckets, a multiple of four.</summary>
    private readonly void Increment(ReadOnlySpan<int> indexes)
    {
        Span<ulong> buckets = counts;
        for (; indexes.Length >= 4; indexes = indexes[4..])
        {
            buckets[indexes[0]]++;
            buckets[indexes[1]]++;
            buckets[indexes[2]]++;
            buckets[indexes[3]]++;
        }
    }

    private void Cover(long first, long last)
    {
        if (reach > 0)
            (first, last) = (Math.Min(first, least), Math.Max(last, least + (long)reach - 1));
        (least, reach) = (first, (ulong)(last - first) + 1);
    }
}
