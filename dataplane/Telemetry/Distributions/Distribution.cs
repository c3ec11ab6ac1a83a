using OppTel.Sketches;
using OppTel.Telemetry.Windows;

namespace OppTel.Telemetry.Distributions;

/// <summary>What one series was worth, by window and in all. Guarded by the lock of its set.</summary>
public sealed class Distribution
{
    /// <summary>Buckets of each sign; when they do not suffice, two become one: 4.4 % wide over 10 powers of two, 9.1 % over 20.</summary>
    public const int MaxBuckets = 160;

    /// <summary>Bytes of one with all its buckets, names not included.</summary>
    internal const int Size = ((WindowSpans.Count + 1) * ((2 * sizeof(ulong) * MaxBuckets) + 256)) + 512;

    private readonly ExponentialHistogram[] filling = [.. Enumerable.Range(0, WindowSpans.Count).Select(_ => new ExponentialHistogram(MaxBuckets))];
    private readonly long[] newest = [.. Enumerable.Repeat(WindowLog.None, WindowSpans.Count)];
    private readonly WindowLog[] logs;

    /// <summary>An empty one.</summary>
    /// <param name="series">What it is about; of a histogram one of its buckets.</param>
    /// <param name="family">Under which it is shown.</param>
    /// <param name="logs">One for each span.</param>
    internal Distribution(Series series, MetricFamily family, WindowLog[] logs)
    {
        Series = series;
        Family = family;
        this.logs = logs;
    }

    /// <summary>What it is about; of a histogram one of its buckets.</summary>
    public Series Series { get; }

    /// <summary>Under which it is shown.</summary>
    public MetricFamily Family { get; }

    /// <summary>Everything up to the second that ended last.</summary>
    internal ExponentialHistogram All { get; } = new(MaxBuckets);

    /// <summary>Bytes that it takes.</summary>
    internal int Bytes => BytesOf(Series.Key, Family);

    /// <summary>Bytes that one of such names takes.</summary>
    internal static int BytesOf(string key, MetricFamily family) => Size + (sizeof(char) * (key.Length + family.Name.Length));

    /// <summary>Counts an observation.</summary>
    internal void Record(double value, uint count) => filling[0].Record(value, count);

    /// <summary>Ends the windows that end between two seconds.</summary>
    /// <param name="second">The one that ended, counted by the DPU's clock.</param>
    /// <param name="next">The one that began.</param>
    internal void End(ulong second, ulong next)
    {
        All.Merge(filling[0]);
        for (WindowSpan span = WindowSpan.Second; span <= WindowSpan.Minute; span++)
        {
            ulong number = second / span.Seconds();
            if (next / span.Seconds() == number)
                return;
            ExponentialHistogram ended = filling[(int)span];
            // A window without observations is none.
            if (ended.Count == 0)
                continue;
            if (span < WindowSpan.Minute)
                filling[(int)span + 1].Merge(ended);
            ref long last = ref newest[(int)span];
            last = logs[(int)span].Append(last, (number + 1) * span.Seconds() * WindowSpans.Nanoseconds, ended);
            ended.Clear();
        }
    }

    /// <summary>The windows of a span that ended last, newest first.</summary>
    /// <param name="span">Their length.</param>
    /// <param name="count">So many at most.</param>
    internal IReadOnlyList<DistributionWindow> Windows(WindowSpan span, int count)
    {
        List<DistributionWindow> windows = [];
        long position = newest[(int)span];
        while (windows.Count < count && logs[(int)span].TryRead(position, out position, out DistributionWindow? window))
            windows.Add(window!);
        return windows;
    }
}
