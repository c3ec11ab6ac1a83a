using System.Numerics;

namespace OppTel.Sketches.Tests.Histograms;

/// <summary>Buckets by their definition, in whole numbers: the independent source that the histogram is held against.</summary>
internal static class ExactBuckets
{
    /// <summary>The bucket i of OpenTelemetry at scale 5 or less: 2^(i / 2^scale) is below the value, 2^((i + 1) / 2^scale) is not.</summary>
    public static int IndexOf(double value, int scale)
    {
        int index = (int)Math.Ceiling(Math.Log2(value) * 32) - 1;
        while (!IsAbove(value, index))
            index--;
        while (IsAbove(value, index + 1))
            index++;
        return index >> (5 - scale);
    }

    /// <summary>Whether value > 2^(index / 32), which is value^32 > 2^index.</summary>
    public static bool IsAbove(double value, int index)
    {
        (BigInteger significand, int exponent) = Parts(value);
        int power = index - (32 * exponent);
        BigInteger left = BigInteger.Pow(significand, 32);
        return power < 0 ? !left.IsZero : left > BigInteger.One << power;
    }

    private static (BigInteger Significand, int Exponent) Parts(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value), mantissa = bits & ((1L << 52) - 1);
        int exponent = (int)(bits >> 52);
        return exponent == 0 ? (mantissa, -1074) : (mantissa | (1L << 52), exponent - 1075);
    }
}
