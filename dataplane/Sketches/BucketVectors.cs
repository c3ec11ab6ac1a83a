using System.Numerics;
using System.Runtime.CompilerServices;

namespace OppTel.Sketches;

/// <summary>
/// Numbers of the buckets of several values at once, equal to those of <see cref="BucketMapping"/>. A polynomial gives the logarithm from
/// the first bits of the mantissa; where it is so near to a bound that it might be on the wrong side, it says so and the table decides.
/// </summary>
internal static class BucketVectors
{
    /// <summary>Binary places of the logarithm, which is a fixed-point number of buckets.</summary>
    public const int Places = 12;

    /// <summary>Bits of the mantissa in the upper half of a double.</summary>
    private const int MantissaBits = 20;

    private const float Unit = 1f / (1 << MantissaBits);

    /// <summary>Values of a block.</summary>
    public static int Block => Vector<float>.Count;

    /// <summary>Finds the buckets of the first of many values, in blocks, for as long as all of a block lie in a range and are certain.</summary>
    /// <param name="values">What to find.</param>
    /// <param name="range">The smallest and the largest, above zero and not subnormal.</param>
    /// <param name="scale">How often the scale was halved, and the bucket whose index is 0.</param>
    /// <param name="indexes">Receives the buckets, in any order within a block; what it has room for is found at most.</param>
    /// <param name="sum">Grows by the sum of the values whose buckets were found.</param>
    /// <returns>How many were found: whole blocks.</returns>
    public static int Find(ReadOnlySpan<double> values, (double Smallest, double Largest) range, (int Shift, int Offset) scale, Span<int> indexes, ref double sum)
    {
        Vector<double> sums = Vector<double>.Zero, low = new(range.Smallest), high = new(range.Largest);
        int shift = scale.Shift + Places, found = 0;
        Vector<int> begin = new(scale.Offset << shift);
        while (values.Length >= Block && indexes.Length >= Block)
        {
            Vector<double> first = new(values), second = new(values[Vector<double>.Count..]);
            Vector<int> index = IndexOf(first, second, out Vector<int> isUncertain);
            Vector<long> isWithin = Vector.GreaterThanOrEqual(first, low) & Vector.LessThanOrEqual(first, high)
                & Vector.GreaterThanOrEqual(second, low) & Vector.LessThanOrEqual(second, high);
            if (!Vector.EqualsAll(Vector.AndNot(Vector.AsVectorInt32(isWithin), isUncertain), Vector<int>.AllBitsSet))
                break;
            Vector.ShiftRightArithmetic(index - begin, shift).CopyTo(indexes);
            sums += first + second;
            values = values[Block..];
            indexes = indexes[Block..];
            found += Block;
        }

        sum += Vector.Sum(sums);
        return found;
    }

    /// <summary>Buckets of a block of values that are above zero and not subnormal.</summary>
    /// <param name="first">Half of the values: their buckets have the odd places of the result, and those of the others the even ones.</param>
    /// <param name="second">The other half.</param>
    /// <param name="isUncertain">All bits where the number may be wrong by one, none elsewhere.</param>
    /// <returns>Numbers with <see cref="Places"/> binary places.</returns>
    public static Vector<int> IndexOf(Vector<double> first, Vector<double> second, out Vector<int> isUncertain)
    {
        // Buckets include their upper bound: one less than a power of two has the exponent of the bucket below.
        Vector<ulong> below = Vector.AsVectorUInt64(first) - Vector<ulong>.One, belowSecond = Vector.AsVectorUInt64(second) - Vector<ulong>.One;
        Vector<int> upper = Vector.AsVectorInt32(Vector.ConditionalSelect(new Vector<ulong>(0xFFFF_FFFF_0000_0000), below, belowSecond >>> 32));
        Vector<float> mantissa = Vector.ConvertToSingle(upper & new Vector<int>((1 << MantissaBits) - 1));
        Vector<int> logarithm = Vector.ConvertToInt32Native(Logarithm(mantissa));
        // At the powers of two the exponent decides: between them nothing lies beyond the first and the last bucket.
        logarithm = Vector.Min(Vector.Max(logarithm, Vector<int>.One), new Vector<int>((1 << (BucketMapping.Scale + Places)) - 2));
        // The polynomial errs by less than a third of the last place, the bits left out and single precision by less than that each: what has neither
        // the first nor the last of all places is on the right side of the bound.
        isUncertain = Vector.Equals((logarithm + Vector<int>.One) & new Vector<int>((1 << Places) - 2), Vector<int>.Zero);
        Vector<int> exponent = Vector.ShiftRightLogical(upper, MantissaBits) << (BucketMapping.Scale + Places);
        return exponent + logarithm + new Vector<int>((BucketMapping.Bias - (1023 << BucketMapping.Scale)) << Places);
    }

    /// <summary>32 log2(1 + x) in the last of all places: the polynomial that agrees with it at the seven Chebyshev nodes of 0 to 1.</summary>
    /// <param name="x">In units of 2^-20.</param>
    private static Vector<float> Logarithm(Vector<float> x)
    {
        const float scale = 1 << Places;
        Vector<float> result = new(-0.786193112f * scale * Unit * Unit * Unit * Unit * Unit * Unit);
        result = Vector.MultiplyAddEstimate(result, x, new Vector<float>(3.76361869f * scale * Unit * Unit * Unit * Unit * Unit));
        result = Vector.MultiplyAddEstimate(result, x, new Vector<float>(-8.72632208f * scale * Unit * Unit * Unit * Unit));
        result = Vector.MultiplyAddEstimate(result, x, new Vector<float>(14.5442718f * scale * Unit * Unit * Unit));
        result = Vector.MultiplyAddEstimate(result, x, new Vector<float>(-22.954009f * scale * Unit * Unit));
        result = Vector.MultiplyAddEstimate(result, x, new Vector<float>(46.1585128f * scale * Unit));
        return Vector.MultiplyAddEstimate(result, x, new Vector<float>(7.81900391e-05f * scale));
    }

    /// <summary>Room for the buckets of some blocks.</summary>
    [InlineArray(Length)]
    internal struct Indexes
    {
        /// <summary>How many.</summary>
        public const int Length = 64;

        private int index;
    }
}
