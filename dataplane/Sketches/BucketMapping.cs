using System.Numerics;
using System.Runtime.CompilerServices;

namespace OppTel.Sketches;

/// <summary>
/// Numbers of the buckets at the finest scale, without a logarithm, and with <see cref="Bias"/> added, so that none is negative. The exponent and the
/// first five bits of the mantissa number 32 parts of equal width for each power of two. What a bucket's number differs from a part's, a
/// table tells for each half of a part; where a bound lies in the half, the entry is such that adding the mantissa's other bits
/// carries into the number from the bound on.
/// </summary>
internal static class BucketMapping
{
    /// <summary>Buckets for each power of two, as a power of two.</summary>
    public const int Scale = 5;

    /// <summary>Bits of the least double that is not subnormal.</summary>
    public const long LeastNormal = 1L << MantissaBits;

    /// <summary>The number of bucket 0; it stays whole through every halving of the scale.</summary>
    public const int Bias = 1 << 16;

    private const int MantissaBits = 52;
    private const int IntervalBits = 6;
    private const int Intervals = 1 << IntervalBits;
    private const long MantissaMask = LeastNormal - 1;
    private const ulong BiasOfExponent = (ulong)((Bias >> Scale) - 1023) << MantissaBits;

    // A bucket is wider than an interval, a 64th (2^(1/32) - 1 is 0.0219), so that each one holds one bound at most.
    private static readonly ulong[] Entries = MakeEntries();

    /// <summary>The bucket of a value that is above zero.</summary>
    public static int IndexOf(double value) => value >= BitConverter.Int64BitsToDouble(LeastNormal)
        ? IndexOf(BitConverter.DoubleToInt64Bits(value))
        : IndexOf(BitConverter.DoubleToInt64Bits(Math.ScaleB(value, MantissaBits))) - (MantissaBits << Scale);

    /// <summary>The bucket of a value that is above zero and not subnormal.</summary>
    /// <param name="bits">The value's bits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int IndexOf(long bits)
    {
        // Buckets include their upper bound: one less than a power of two has the exponent of the bucket below.
        ulong below = (ulong)bits + BiasOfExponent - 1;
        return (int)((below + Entries[(int)(below >> (MantissaBits - IntervalBits)) & (Intervals - 1)]) >> (MantissaBits - Scale));
    }

    /// <summary>The largest mantissa of a value that is not above 2^(bucket / 32); the bound itself is irrational, unless bucket is 0.</summary>
    /// <param name="bucket">0 to 31.</param>
    public static long MantissaOfBound(int bucket)
    {
        BigInteger power = BigInteger.One << ((MantissaBits << Scale) + bucket);
        long significand = (long)Math.ScaleB(Math.Pow(2, Math.ScaleB(bucket, -Scale)), MantissaBits);
        // The power of doubles may be off in its last digit; whole numbers decide.
        while (BigInteger.Pow(significand, 1 << Scale) > power)
            significand--;
        while (BigInteger.Pow(significand + 1, 1 << Scale) <= power)
            significand++;
        return significand & MantissaMask;
    }

    private static ulong[] MakeEntries()
    {
        ulong[] entries = new ulong[Intervals];
        int bucket = 0;
        for (int interval = 0; interval < entries.Length; interval++)
        {
            int part = interval >> (IntervalBits - Scale);
            long endOfPart = (long)(part + 1) << (MantissaBits - Scale), end = (long)(interval + 1) << (MantissaBits - IntervalBits);
            long bound = bucket + 1 < 1 << Scale ? MantissaOfBound(bucket + 1) : LeastNormal;
            entries[interval] = (ulong)(((long)(bucket - part) << (MantissaBits - Scale)) + (bound < end ? endOfPart - bound : 0));
            if (bound < end)
                bucket++;
        }

        return entries;
    }
}
