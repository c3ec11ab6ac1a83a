namespace OppTel.Anomaly;

/// <summary>
/// The mean score over a number of steps, and what it may be. What it usually is has been learned over the same number of steps, so that a
/// load whose scores stay high for long is not taken for one that is high by itself, again and again. Allocates nothing after construction.
/// </summary>
/// <param name="steps">Steps of the mean.</param>
/// <param name="margin">How many times what is rare has to be exceeded.</param>
/// <param name="quantile">Of <see cref="StreamingThreshold"/>.</param>
/// <param name="memory">Steps after which what was learned is half forgotten.</param>
/// <param name="refresh">Steps after which the limit is computed anew.</param>
internal sealed class ScoreSpan(int steps, double margin, double quantile, int memory, int refresh)
{
    /// <summary>A step alone is no anomaly, unless it is that much farther off.</summary>
    private const double MarginOfAMoment = 1.8;

    /// <summary>What few scores have said is exceeded by more.</summary>
    private const double Youth = 1.5;

    /// <summary>What comes seldom, or tells of a longer time, says no more than this many steps in a row.</summary>
    private const int MostStepsOfARecord = 2;

    private readonly StreamingThreshold threshold = new(quantile, memory, refresh);
    private readonly double[] scores = new double[steps];
    private readonly double[] news = new double[steps];
    private long recorded;
    private long judged;

    /// <summary>What single scores usually stay below, where it is a span of one step.</summary>
    public double Threshold => threshold.Value;

    /// <summary>What is above is an anomaly.</summary>
    public double Limit => (threshold.Rare * margin) + (Youth * threshold.Doubt * threshold.Value);

    /// <summary>The spans of a model, the shortest first.</summary>
    public static ScoreSpan[] Of(AnomalySettings settings)
    {
        int memory = settings.StepsOf(settings.Memory), second = settings.StepsOf(TimeSpan.FromSeconds(1));
        return Array.ConvertAll(
            (int[])[1, 2, 4, 16],
            steps => new ScoreSpan(steps, settings.Margin * (steps == 1 ? MarginOfAMoment : 1), settings.Quantile, memory, second));
    }

    /// <summary>Learns the score of a step.</summary>
    public void Record(double score)
    {
        scores[recorded++ % steps] = score;
        if (recorded >= steps)
            threshold.Record(Mean(scores));
    }

    /// <summary>Takes what is new in a step; whether it is too much, together with that of the steps before.</summary>
    /// <param name="score">Of what is new alone.</param>
    /// <param name="covered">Steps that it tells of.</param>
    public bool Exceeds(double score, double covered)
    {
        for (int step = 0; step < Math.Min(steps, Math.Clamp((int)covered, 1, MostStepsOfARecord)); step++)
            news[judged++ % steps] = score;
        return Mean(news) > Limit;
    }

    /// <summary>Takes the highest score of an anomaly that has ended.</summary>
    public void RecordAnomaly(double score) => threshold.RecordAnomaly(score);

    /// <summary>Computes the limit from all scores so far.</summary>
    public void Refresh() => threshold.Refresh();

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        threshold.Clear();
        news.AsSpan().Clear();
        (recorded, judged) = (0, 0);
    }

    private static double Mean(double[] values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += value;
        return sum / values.Length;
    }
}
