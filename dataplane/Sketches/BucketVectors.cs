using System.Numerics;
using System.Runtime.CompilerServices;

namespace OppTel.Sketches;

/// <summary>
/// Numbers of the buckets of several values at once, equal to those of <see cref="BucketMapping"/>. A polynomial gives the logarithm from
/// the first bits of the mantissa; where it is so near to a bound that it might be on the wrong side, it says so and the table decides.
/// </summary>
internal static class BucketVectors
{
    /// <summary>Bits of the mantissa in the upper half of a double.</summary>
    private const int MantissaBits = 20;

    private const int BitsOfOne = 0x3F800000;

    // The polynomial errs by 0.00008 at most, the bits left out are worth 0.00005, and single precision less than that.
    private const float Margin = 0.0003f;

    /// <summary>Values of a block.</summary>
    public static int Block => Vector<float>.Count;

    /// <summary>Finds the buckets of the first of many values, in blocks, for as long as all of a block lie in a range and are certain.</summary>
    /// <param name="values">What to find.</param>
    /// <param name="range">The smallest and the largest, above zero and not subnormal.</param>
    /// <param name="scale">How often the scale was halved, and the bucket that has place 0.</param>
    /// <param name="places">Receives the places of the buckets; what it has room for is found at most.</param>
    /// <param name="sum">Grows by the sum of the values whose buckets were found.</param>
    /// <returns>How many were found: whole blocks.</returns>
    public static int Find(ReadOnlySpan<double> values, (double Smallest, double Largest) range, (int Shift, int Offset) scale, Span<int> places, ref double sum)
    {
        Vector<double> sums = Vector<double>.Zero, low = new(range.Smallest), high = new(range.Largest);
        Vector<int> offset = new(scale.Offset);
        int found = 0;
        while (values.Length >= Block && places.Length >= Block)
        {
            Vector<double> first = new(values), second = new(values[Vector<double>.Count..]);
            Vector<int> index = IndexOf(first, second, out Vector<int> isCertain);
            Vector<long> isWithin = Vector.GreaterThanOrEqual(first, low) & Vector.LessThanOrEqual(first, high)
                & Vector.GreaterThanOrEqual(second, low) & Vector.LessThanOrEqual(second, high);
            if (!Vector.EqualsAll(isCertain & Vector.AsVectorInt32(isWithin), Vector<int>.AllBitsSet))
                break;
            (Vector.ShiftRightArithmetic(index, scale.Shift) - offset).CopyTo(places);
            sums += first + second;
            values = values[Block..];
            places = places[Block..];
            found += Block;
        }

        sum += Vector.Sum(sums);
        return found;
    }

    /// <summary>Buckets of a block of values that are above zero and not subnormal.</summary>
    /// <param name="first">The first half.</param>
    /// <param name="second">The second half.</param>
    /// <param name="isCertain">All bits where the number is certain.</param>
    public static Vector<int> IndexOf(Vector<double> first, Vector<double> second, out Vector<int> isCertain)
    {
        Vector<int> upper = Vector.Narrow(UpperHalf(first), UpperHalf(second));
        Vector<int> mantissa = (upper & new Vector<int>((1 << MantissaBits) - 1)) << (23 - MantissaBits);
        Vector<float> fraction = Vector.AsVectorSingle(mantissa | new Vector<int>(BitsOfOne)) - Vector<float>.One;
        Vector<float> logarithm = Polynomial(fraction);
        // At the powers of two the exponent decides: between them nothing lies beyond the first and the last bucket.
        logarithm = Vector.MinNative(Vector.MaxNative(logarithm, new Vector<float>(Margin)), new Vector<float>((1 << BucketMapping.Scale) - Margin));
        Vector<int> bucket = Vector.ConvertToInt32Native(logarithm);
        Vector<float> fromCentre = Vector.Abs(logarithm - Vector.ConvertToSingle(bucket) - new Vector<float>(0.5f));
        isCertain = Vector.LessThanOrEqual(fromCentre, new Vector<float>(0.5f - (Margin * 0.99f)));
        Vector<int> exponent = Vector.ShiftRightLogical(upper, MantissaBits) << BucketMapping.Scale;
        return exponent + bucket + new Vector<int>(BucketMapping.Bias - (1023 << BucketMapping.Scale));
    }

    /// <summary>32 log2(1 + x): the polynomial that agrees with it at the seven Chebyshev nodes of 0 to 1.</summary>
    private static Vector<float> Polynomial(Vector<float> argument)
    {
        Vector<float> result = new(-0.786193112f);
        result = Vector.MultiplyAddEstimate(result, argument, new Vector<float>(3.76361869f));
        result = Vector.MultiplyAddEstimate(result, argument, new Vector<float>(-8.72632208f));
        result = Vector.MultiplyAddEstimate(result, argument, new Vector<float>(14.5442718f));
        result = Vector.MultiplyAddEstimate(result, argument, new Vector<float>(-22.954009f));
        result = Vector.MultiplyAddEstimate(result, argument, new Vector<float>(46.1585128f));
        return Vector.MultiplyAddEstimate(result, argument, new Vector<float>(7.81900391e-05f));
    }

    // Buckets include their upper bound: one less than a power of two has the exponent of the bucket below.
    private static Vector<long> UpperHalf(Vector<double> values) => Vector.ShiftRightLogical(Vector.AsVectorInt64(values) - Vector<long>.One, 32);

    /// <summary>Room for the places of some blocks.</summary>
    [InlineArray(Length)]
    internal struct Places
    {
        /// <summary>How many.</summary>
        public const int Length = 64;

        private int place;
    }
}
