using CsCheck;

namespace OppTel.Sketches.Tests;

public class ExponentialHistogramTests
{
    [Fact]
    public void A_quantile_lies_within_a_bucket_of_the_true_one() => Gen.Double[1e-9, 1e9].Array[1, 200].Sample(values =>
    {
        ExponentialHistogram histogram = new(4096);
        foreach (double value in values)
            histogram.Record(value);
        double[] sorted = [.. values.Order()];
        double width = Math.Pow(2, Math.ScaleB(1, -histogram.Scale));
        foreach (double share in (double[])[0, 0.5, 0.9, 1])
        {
            double exact = sorted[(int)Math.Max(0, Math.Ceiling(share * values.Length) - 1)];
            Assert.InRange(histogram.Quantile(share), exact * (1 - 1e-12), exact * width * (1 + 1e-12));
        }
    });
}
