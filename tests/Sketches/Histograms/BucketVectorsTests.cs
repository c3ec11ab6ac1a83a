using System.Numerics;

namespace OppTel.Sketches.Tests.Histograms;

public class BucketVectorsTests
{
    /// <summary>
    /// All that the polynomial sees is the upper half of a value: for each of these, the first and the last value with it have to be in the bucket
    /// that it tells, when it is certain.
    /// </summary>
    [Fact]
    public void What_is_certain_is_what_the_table_tells()
    {
        int certain = 0, total = 0;
        double[] values = new double[BucketVectors.Block];
        for (long upper = 0x3FF00000; upper < 0x40000000; upper += BucketVectors.Block)
        {
            for (int index = 0; index < values.Length; index++)
                values[index] = BitConverter.Int64BitsToDouble(((upper + index) << 32) + 1);
            Vector<int> indexes = BucketVectors.IndexOf(new Vector<double>(values), new Vector<double>(values.AsSpan(Vector<double>.Count)), out Vector<int> isUncertain);
            for (int place = 0; place < values.Length; place++)
            {
                total++;
                if (isUncertain[place] != 0)
                    continue;
                certain++;
                // Odd places belong to the first half.
                long first = BitConverter.DoubleToInt64Bits(values[(place / 2) + (place % 2 == 0 ? Vector<double>.Count : 0)]);
                Assert.Equal(BucketMapping.IndexOf(first), indexes[place] >> BucketVectors.Places);
                Assert.Equal(BucketMapping.IndexOf(first + uint.MaxValue), indexes[place] >> BucketVectors.Places);
            }
        }

        Assert.InRange(certain, total * 0.999, total);
    }
}
