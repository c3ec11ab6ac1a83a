using CsCheck;

namespace OppTel.Sketches.Tests.Histograms;

/// <summary>Values and orders of values that are hard for a histogram.</summary>
internal static class Streams
{
    /// <summary>Any finite double above zero: every exponent is as likely as another, subnormal ones, powers of two and their neighbours are frequent.</summary>
    public static readonly Gen<double> Positive = Gen.Frequency(
        (4, Gen.Long[1, BitConverter.DoubleToInt64Bits(double.MaxValue)].Select(BitConverter.Int64BitsToDouble)),
        (2, Gen.Select(Gen.Int[-1073, 1022], Gen.Long[-2, 2], (exponent, step) =>
            BitConverter.Int64BitsToDouble(Math.Max(1, BitConverter.DoubleToInt64Bits(Math.ScaleB(1, exponent)) + step)))),
        (1, Gen.Long[1, (1L << 52) - 1].Select(BitConverter.Int64BitsToDouble)),
        (1, Gen.OneOf<double>(double.Epsilon, double.MaxValue, 1, 2, 3)));

    /// <summary>Values as they come from one metric: whole numbers of a few powers of two, whose sums are exact.</summary>
    public static readonly Gen<double> Usual = Gen.Select(Gen.Int[0, 20], Gen.Int[0, 1000], (power, value) => (double)((1 << power) + value));

    /// <summary>Any finite value, zeros among them.</summary>
    public static readonly Gen<double> Finite = Gen.Frequency(
        (3, Positive), (2, Usual), (1, Gen.OneOf(0.0, -0.0)), (2, Positive.Select(value => -value)), (2, Usual.Select(value => -value)));

    /// <summary>Streams of a kind: random, growing, falling, alternating between extremes, one value over and over.</summary>
    public static Gen<double[]> Of(Gen<double> values, int length = 300) => Gen.Frequency(
        (3, values.Array[1, length]),
        (1, values.Array[1, length].Select(stream => stream.Order().ToArray())),
        (1, values.Array[1, length].Select(stream => stream.OrderDescending().ToArray())),
        (1, Gen.Select(values, values, Gen.Int[1, length], (one, other, count) =>
            Enumerable.Range(0, count).Select(index => index % 2 == 0 ? one : other).ToArray())),
        (1, Gen.Select(values, Gen.Int[1, length], (value, count) => Enumerable.Repeat(value, count).ToArray())));
}
