using OppTel.Telemetry;

namespace OppTel.Anomaly;

/// <summary>
/// Histogram of the time from the arrival of the first unusual record, of which the looks until the alarm were not four in a row usual, to
/// the alarm. Where several records of a series arrived between two looks, the time of the first look is taken for the arrival, so the time
/// is an upper bound: it includes the wait for the look, and for a CPU to look with. Written by one thread, read by any.
/// </summary>
public sealed class DetectionTimes
{
    private static readonly double[] Bounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, double.PositiveInfinity];
    private readonly long[] counts = new long[Bounds.Length];
    private double sum;

    /// <summary>Inclusive upper bounds of the buckets, in seconds.</summary>
    public static IReadOnlyList<double> UpperBounds => Bounds;

    /// <summary>All times together, in seconds.</summary>
    public double Sum => Volatile.Read(ref sum);

    /// <summary>Counts of the buckets, each by itself.</summary>
    public double[] Counts() => Array.ConvertAll(counts, count => (double)count);

    internal void Add(ulong arrival, ulong detected)
    {
        double seconds = Elapsed.Between(arrival, detected) / 1e9;
        Volatile.Write(ref sum, sum + seconds);
        Interlocked.Increment(ref counts[Array.FindIndex(Bounds, bound => seconds <= bound)]);
    }
}
