using System.Numerics;
using System.Runtime.InteropServices;

namespace OppTel.Sketches.Cardinality;

/// <summary>4096 registers, a byte each, with the largest rank of the hashes that chose it.</summary>
internal static class DenseRegisters
{
    /// <summary>Bits of a hash that choose a register.</summary>
    public const int Precision = 12;

    /// <summary>How many.</summary>
    public const int Count = 1 << Precision;

    /// <summary>The largest rank: of a hash whose other bits are all 0.</summary>
    public const int LargestRank = 64 - Precision + 1;

    /// <summary>The register of a hash, and its rank.</summary>
    public static (int Index, byte Rank) Decode(ulong hash) =>
        ((int)(hash >> (64 - Precision)), (byte)(BitOperations.LeadingZeroCount((hash << Precision) | (1UL << (Precision - 1))) + 1));

    /// <summary>Makes each register the larger one of two.</summary>
    public static void Raise(Span<byte> registers, ReadOnlySpan<byte> others)
    {
        Span<Vector<byte>> vectors = MemoryMarshal.Cast<byte, Vector<byte>>(registers);
        ReadOnlySpan<Vector<byte>> otherVectors = MemoryMarshal.Cast<byte, Vector<byte>>(others);
        for (int index = 0; index < vectors.Length; index++)
            vectors[index] = Vector.Max(vectors[index], otherVectors[index]);
    }

    /// <summary>
    /// How many keys there are: the improved raw estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), section 2, which needs no
    /// table of corrections from nothing to the largest sets.
    /// </summary>
    public static double Estimate(ReadOnlySpan<byte> registers)
    {
        Span<int> counts = stackalloc int[LargestRank + 1];
        counts.Clear();
        foreach (byte rank in registers)
            counts[rank]++;
        double sum = Count * Tau(1 - ((double)counts[LargestRank] / Count));
        for (int rank = LargestRank - 1; rank >= 1; rank--)
            sum = 0.5 * (sum + counts[rank]);
        sum += Count * Sigma((double)counts[0] / Count);
        return (double)Count * Count / (2 * Math.Log(2) * sum);
    }

    /// <summary>x + the sum of x^(2^k) 2^(k - 1): what the empty registers stand for.</summary>
    private static double Sigma(double x)
    {
        if (x >= 1)
            return double.PositiveInfinity;
        double sum = x, factor = 1, before;
        do
        {
            x *= x;
            before = sum;
            sum += x * factor;
            factor += factor;
        }
        while (sum != before);
        return sum;
    }

    /// <summary>(1 - x - the sum of (1 - x^(2^-k))^2 2^-k) / 3: what the full registers stand for.</summary>
    private static double Tau(double x)
    {
        if (x is <= 0 or >= 1)
            return 0;
        double sum = 1 - x, factor = 1, before;
        do
        {
            x = Math.Sqrt(x);
            before = sum;
            factor *= 0.5;
            sum -= (1 - x) * (1 - x) * factor;
        }
        while (sum != before);
        return sum / 3;
    }
}
