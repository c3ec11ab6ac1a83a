namespace OppTel.Anomaly;

/// <summary>
/// Mean and variance of each feature, exponentially weighted. Single values count as four standard deviations at most, so that outliers
/// hardly move what is expected. Allocates nothing after construction.
/// </summary>
/// <param name="capacity">Features.</param>
/// <param name="warmUp">Steps until a feature is known.</param>
/// <param name="memory">Steps after which what was learned counts e times less.</param>
internal sealed class Standardizer(int capacity, int warmUp, int memory)
{
    private const double LargestDeviation = 4;

    /// <summary>What is beyond says no more.</summary>
    private const double LargestScore = 1000;

    private readonly double[] means = new double[capacity];
    private readonly double[] variances = new double[capacity];
    private readonly int[] counts = new int[capacity];

    /// <summary>The expected value of a feature.</summary>
    public double Mean(int feature) => means[feature];

    /// <summary>Deviation from the mean in standard deviations; 0 while the feature is not known.</summary>
    public double Score(int feature, double value, double floor) => counts[feature] < warmUp
        ? 0
        : Math.Clamp((value - means[feature]) / Deviation(feature, floor), -LargestScore, LargestScore);

    /// <summary>Learns a value.</summary>
    public void Learn(int feature, double value, double floor)
    {
        bool isKnown = counts[feature] >= warmUp;
        if (counts[feature] < memory)
            counts[feature]++;
        double weight = 1.0 / counts[feature];
        double deviation = value - means[feature];
        if (isKnown)
        {
            double limit = LargestDeviation * Deviation(feature, floor);
            deviation = Math.Clamp(deviation, -limit, limit);
        }

        means[feature] += weight * deviation;
        variances[feature] = (1 - weight) * (variances[feature] + (weight * deviation * deviation));
    }

    /// <summary>Forgets a feature.</summary>
    public void Clear(int feature) => (means[feature], variances[feature], counts[feature]) = (0, 0, 0);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(means);
        Array.Clear(variances);
        Array.Clear(counts);
    }

    private double Deviation(int feature, double floor) => Math.Max(floor, Math.Sqrt(variances[feature]));
}
