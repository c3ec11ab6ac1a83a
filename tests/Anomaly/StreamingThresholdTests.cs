using CsCheck;

namespace OppTel.Anomaly.Tests;

public class StreamingThresholdTests
{
    [Fact]
    public void It_lies_above_the_quantile_and_not_far() => Gen.Double[4, 100].Array[2000, 4000].Sample(scores =>
    {
        StreamingThreshold threshold = new(0.99, 100_000, 500);
        foreach (double score in scores)
            threshold.Record(score);
        threshold.Refresh();
        double[] sorted = [.. scores.Order()];
        double quantile = sorted[(int)(0.99 * sorted.Length)], tenth = sorted[(int)(0.9 * sorted.Length)];
        Assert.InRange(threshold.Value, quantile * 0.99, (quantile + ((quantile - tenth) / 3)) * 1.05);
    }, iter: 30);

    [Fact]
    public void What_is_older_than_two_memories_is_forgotten()
    {
        StreamingThreshold threshold = new(0.999, 1000, 100);
        for (int score = 0; score < 1000; score++)
            threshold.Record(50);
        Assert.InRange(threshold.Value, 49, 53);
        for (int score = 0; score < 2100; score++)
            threshold.Record(5);
        Assert.InRange(threshold.Value, 4.9, 5.3);
    }

    [Fact]
    public void The_same_anomaly_ten_times_is_usual()
    {
        StreamingThreshold threshold = new(0.999, 100_000, 100);
        for (int score = 0; score < 50_000; score++)
            threshold.Record(5);
        for (int anomaly = 0; anomaly < 5; anomaly++)
            threshold.RecordAnomaly(60);
        Assert.InRange(threshold.Rare, 4.9, 5.3);
        for (int anomaly = 0; anomaly < 7; anomaly++)
            threshold.RecordAnomaly(60);
        Assert.InRange(threshold.Rare, 59, 62);
        Assert.InRange(threshold.Value, 4.9, 5.3);
    }

    [Fact]
    public void Few_scores_say_less_than_many()
    {
        StreamingThreshold threshold = new(0.999, 100_000, 100);
        double before = threshold.Doubt;
        for (int score = 0; score < 50_000; score++)
        {
            threshold.Record(5);
            Assert.InRange(threshold.Doubt, 0, before);
            before = threshold.Doubt;
        }

        Assert.InRange(before, 0.1, 0.15);
    }
}
