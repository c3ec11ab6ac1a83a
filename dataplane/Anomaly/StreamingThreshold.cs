using OppTel.Sketches;

namespace OppTel.Anomaly;

/// <summary>
/// A quantile of the scores of the last one to two memories, raised while it rests on few of them. Allocates nothing after construction.
/// </summary>
/// <param name="quantile">The share of scores below.</param>
/// <param name="memory">Scores after which the older half is forgotten.</param>
/// <param name="refresh">Scores after which the threshold is computed anew.</param>
internal sealed class StreamingThreshold(double quantile, int memory, int refresh)
{
    /// <summary>Nothing is unusual below three standard deviations of one feature.</summary>
    public const double Least = 3;

    private const int RepeatsUntilUsual = 10;

    private readonly ExponentialHistogram merged = new();
    private ExponentialHistogram recent = new();
    private ExponentialHistogram older = new();
    private double owed;
    private int sinceRefresh;

    /// <summary>What is above is unusual.</summary>
    public double Value { get; private set; } = Least;

    /// <summary>A score that is exceeded ten times more seldom.</summary>
    public double Rare { get; private set; } = Least;

    /// <summary>How little the scores so far say of their quantile: from 1, of none, to 0, of endlessly many.</summary>
    public double Doubt { get; private set; } = 1;

    private double RareShare => (1 - quantile) / 10;

    /// <summary>Takes the score of a step.</summary>
    public void Record(double score)
    {
        recent.Record(score);
        if (++sinceRefresh < refresh)
            return;
        Refresh();
        if (recent.Count < (ulong)memory)
            return;
        (recent, older) = (older, recent);
        recent.Clear();
    }

    /// <summary>Takes the highest score of an anomaly that has ended: the same ones ten times within the memory are usual.</summary>
    public void RecordAnomaly(double score)
    {
        // That may be less than one score for each.
        owed += (recent.Count + older.Count) * RareShare / RepeatsUntilUsual;
        ulong whole = (ulong)owed;
        owed -= whole;
        recent.Record(score, whole);
        Refresh();
    }

    /// <summary>Computes <see cref="Value"/> from all scores so far.</summary>
    public void Refresh()
    {
        sinceRefresh = 0;
        recent.CopyTo(merged);
        merged.Merge(older);
        if (merged.Count == 0)
            return;
        // So few scores may lie above that the place of the quantile is uncertain by 1 / sqrt of them, in units of how fast the tail falls.
        Doubt = 1 / Math.Sqrt(1 + (merged.Count * (1 - quantile)));
        double high = merged.Quantile(quantile), tail = high - merged.Quantile(1 - (10 * (1 - quantile)));
        Value = Math.Max(Least, high + (Doubt * tail));
        Rare = Math.Max(Value, merged.Quantile(1 - RareShare));
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        recent.Clear();
        older.Clear();
        (Value, Rare, Doubt, owed, sinceRefresh) = (Least, Least, 1, 0, 0);
    }
}
