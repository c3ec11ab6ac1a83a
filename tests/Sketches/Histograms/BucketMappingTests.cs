using System.Numerics;
using CsCheck;

namespace OppTel.Sketches.Tests.Histograms;

public class BucketMappingTests
{
    [Fact]
    public void A_bound_is_the_last_mantissa_below_a_root_of_two()
    {
        for (int bucket = 1; bucket < 32; bucket++)
        {
            BigInteger significand = (1L << 52) | BucketMapping.MantissaOfBound(bucket), power = BigInteger.One << ((52 * 32) + bucket);
            Assert.True(BigInteger.Pow(significand, 32) < power);
            Assert.True(BigInteger.Pow(significand + 1, 32) > power);
        }
    }

    [Fact]
    public void Both_sides_of_every_bound_are_told_apart()
    {
        foreach (int exponent in (int[])[-1022, -1, 0, 1, 52, 1023])
        {
            for (int bucket = 1; bucket < 32; bucket++)
            {
                double below = Math.ScaleB(BitConverter.Int64BitsToDouble((1023L << 52) | BucketMapping.MantissaOfBound(bucket)), exponent);
                Assert.Equal((exponent * 32) + bucket - 1, IndexOf(below));
                Assert.Equal((exponent * 32) + bucket, IndexOf(Math.BitIncrement(below)));
            }
        }
    }

    [Fact]
    public void A_power_of_two_is_the_upper_bound_of_its_bucket()
    {
        for (int exponent = -1074; exponent <= 1023; exponent++)
        {
            double value = Math.ScaleB(1, exponent);
            Assert.Equal((exponent * 32) - 1, IndexOf(value));
            if (exponent > -1074)
                Assert.True(IndexOf(Math.BitDecrement(value)) < IndexOf(Math.BitIncrement(value)));
            Assert.Equal(ExactBuckets.IndexOf(Math.BitIncrement(value), 5), IndexOf(Math.BitIncrement(value)));
        }
    }

    [Fact]
    public void Any_value_lies_in_the_bucket_of_its_definition() =>
        Streams.Positive.Sample(value => Assert.Equal(ExactBuckets.IndexOf(value, 5), IndexOf(value)), iter: 3000);

    private static int IndexOf(double value) => BucketMapping.IndexOf(value) - BucketMapping.Bias;
}
