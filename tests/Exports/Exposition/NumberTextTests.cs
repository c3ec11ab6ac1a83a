using System.Globalization;
using System.Text;
using CsCheck;

namespace OppTel.Exports.Tests.Exposition;

public class NumberTextTests
{
    private static readonly Gen<double> Numbers = Gen.OneOf(
        Gen.Double, Gen.Int.Select(whole => (double)whole), Gen.Int[-1074, 1023].Select(power => Math.ScaleB(1, power)), Gen.Long.Select(BitConverter.Int64BitsToDouble));

    [Fact]
    public void Every_value_reads_back_bit_by_bit() => Numbers.Sample(value => Assert.Equal(Bits(value), Bits(Parse(Value(value)))));

    [Fact]
    public void Every_bound_reads_back_and_looks_like_a_float() => Numbers.Where(double.IsFinite).Sample(value =>
    {
        string text = Bound(value);
        Assert.Equal(value, Parse(text));
        Assert.Contains(text, letter => letter is '.' or 'e');
        Assert.Matches(@"^-?(0|[1-9]\d*)\.?\d*(e[+-]\d\d+)?$", text);
    });

    /// <summary>What Go prints, and so what Prometheus makes of the bounds that it reads from protobuf.</summary>
    [Theory]
    [InlineData(0, "0.0")]
    [InlineData(2, "2.0")]
    [InlineData(100, "100.0")]
    [InlineData(123456, "123456.0")]
    [InlineData(999999, "999999.0")]
    [InlineData(1000000, "1e+06")]
    [InlineData(1234567.5, "1.2345675e+06")]
    [InlineData(123456.789, "123456.789")]
    [InlineData(0.5, "0.5")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.000262144, "0.000262144")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(2.56e-07, "2.56e-07")]
    [InlineData(-0.25, "-0.25")]
    [InlineData(-4e-20, "-4e-20")]
    [InlineData(1e100, "1e+100")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void A_bound_is_spelled_as_Go_spells_it(double value, string expected) => Assert.Equal(expected, Bound(value));

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(1.5e300, "1.5E+300")]
    [InlineData(123456789012, "123456789012")]
    [InlineData(-0.0, "-0")]
    public void A_value_is_spelled_as_the_formats_want_it(double value, string expected) => Assert.Equal(expected, Value(value));

    private static string Value(double value)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxLength];
        return Encoding.UTF8.GetString(text[..NumberText.Format(value, text)]);
    }

    private static string Bound(double value)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxLength];
        return Encoding.UTF8.GetString(text[..NumberText.FormatBound(value, text)]);
    }

    private static double Parse(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    /// <summary>All NaNs are one.</summary>
    private static long Bits(double value) => double.IsNaN(value) ? -1 : BitConverter.DoubleToInt64Bits(value);
}
