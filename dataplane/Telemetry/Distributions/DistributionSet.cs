using System.Collections.Concurrent;
using OppTel.Telemetry.Windows;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Telemetry.Distributions;

/// <summary>
/// Distributions of what selected series were worth between scrapes, in a bounded piece of memory. The drain thread only queues
/// observations; one other thread sorts them into sketches, under a lock that it shares with readers and the drain thread never takes.
/// </summary>
public sealed partial class DistributionSet
{
    private const int Batch = 4096;

    private readonly DistributionOptions options;
    private readonly ObservationQueue queue;
    private readonly WindowLog[] logs;
    private readonly Distribution?[] slots;
    private readonly long capacity;
    private readonly Lock gate = new();

    // Of the drain thread.
    private readonly Dictionary<string, BucketGroup> groups = [];
    private readonly Dictionary<string, (MetricFamily Source, int Count)> names = [];
    private readonly Queue<int> releases = [];
    private readonly Stack<int> free;
    private int freeCount;
    private ulong second;
    private ulong refused;

    // Of the other one, but for what it gives back.
    private readonly ConcurrentQueue<int> released = new();
    private ulong folded;

    // Of both: one adds, the other one subtracts.
    private long used;

    /// <summary>An empty set.</summary>
    public DistributionSet(DistributionOptions options)
    {
        this.options = options;
        queue = new ObservationQueue(options.QueueEntries);
        logs = [.. Enum.GetValues<WindowSpan>().Select(span => new WindowLog(Math.Max(options.LogBytes(span), 2 * WindowLog.LongestEntry)))];
        capacity = options.Memory - queue.Bytes - logs.Select((_, span) => (long)options.LogBytes((WindowSpan)span)).Sum();
        slots = new Distribution?[(capacity / Distribution.Size) + 1];
        free = new Stack<int>(Enumerable.Range(0, slots.Length).Reverse());
        freeCount = free.Count;
    }

    /// <summary>Series, or histograms, that have one.</summary>
    public int Count => slots.Length - Volatile.Read(ref freeCount);

    /// <summary>Bytes in use, those set aside included.</summary>
    public long Bytes => options.Memory - capacity + Interlocked.Read(ref used);

    /// <summary>Series that got none, because the memory was used up or the name was taken.</summary>
    public ulong Refused => Volatile.Read(ref refused);

    /// <summary>Observations that were lost because the other thread did not keep up.</summary>
    public ulong Lost => queue.Lost;

    /// <summary>Whether a distribution is shown under this name.</summary>
    internal bool IsTaken(string name) => names.ContainsKey(name);

    /// <summary>Begins a distribution for a new series if it is to have one.</summary>
    /// <param name="series">Was just made.</param>
    /// <param name="isName">Whether a metric has a name.</param>
    internal void Attach(Series series, Func<string, bool> isName)
    {
        if (series.IsSum || !options.Selects(series.Family.Name))
            return;
        Collect();
        string key = GroupKey(series);
        if (!groups.TryGetValue(key, out BucketGroup? group))
        {
            if (Begin(series, isName) is not { } id)
            {
                refused++;
                return;
            }

            groups.Add(key, group = new BucketGroup(key, id, FamilyOf(series.Family).Name));
        }

        SeriesObserver observer = new(queue, group.Id, series.Family.Kind);
        group.Add(series.UpperBound, observer);
        series.Observe(observer);
    }

    /// <summary>Ends the distribution of a series that is gone, with its last bucket.</summary>
    internal void Detach(Series series)
    {
        // A histogram's sum has the key of its buckets, but feeds nothing.
        if (series.Observe(null) is not { } observer || !groups.TryGetValue(GroupKey(series), out BucketGroup? group))
            return;
        group.Remove(observer);
        if (!group.IsEmpty)
            return;
        groups.Remove(group.Key);
        (MetricFamily source, int count) = names[group.Name];
        if (count == 1)
            names.Remove(group.Name);
        else
            names[group.Name] = (source, count - 1);
        releases.Enqueue(group.Id);
        Order();
    }

    /// <summary>Ends the windows that ended; to be called a few times a second by the drain thread. Allocates nothing.</summary>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    internal void Advance(ulong now)
    {
        ulong next = now / WindowSpans.Nanoseconds;
        if (next > second && queue.TryAdd(new Observation(Observation.EndSecond, 0, next)))
            second = next;
        Order();
    }

    private int? Begin(Series series, Func<string, bool> isName)
    {
        MetricFamily family = FamilyOf(series.Family);
        int bytes = Distribution.BytesOf(series.Key, family);
        // x_total and a gauge x_rate would both be x_rate_distribution: the first one is.
        if (names.TryGetValue(family.Name, out (MetricFamily Source, int Count) taken) && taken.Source.Name != series.Family.Name)
            return null;
        if (isName(family.Name) || free.Count == 0 || Interlocked.Read(ref used) + bytes > capacity)
            return null;
        names[family.Name] = (series.Family, taken.Count + 1);
        int id = free.Pop();
        Volatile.Write(ref freeCount, free.Count);
        Interlocked.Add(ref used, bytes);
        Volatile.Write(ref slots[id], new Distribution(series, family, logs));
        return id;
    }

    /// <summary>Passes releases on, as far as the queue has room.</summary>
    private void Order()
    {
        while (releases.TryPeek(out int id) && queue.TryAdd(new Observation(Observation.Release, (uint)id, 0)))
            releases.Dequeue();
    }

    /// <summary>Takes back the ids that the other thread is done with.</summary>
    private void Collect()
    {
        while (released.TryDequeue(out int id))
            free.Push(id);
        Volatile.Write(ref freeCount, free.Count);
    }

    private static string GroupKey(Series series) => series.Family.Kind == Kind.HistogramBucket
        ? series.Key[..series.Key.LastIndexOf('\u0001')]
        : series.Key;

    private static MetricFamily FamilyOf(MetricFamily family)
    {
        bool isCounter = family.Kind == Kind.Counter;
        string name = isCounter ? family.Name[..^"_total".Length] + "_rate" : family.Name;
        string what = family.Kind switch
        {
            Kind.Counter => "Rates per second, over 10 ms and more each, of ",
            Kind.Gauge => "Values, one for each record, of ",
            _ => "What was counted since the aggregator knows of it in ",
        };
        return new MetricFamily(name + "_distribution", $"{what}{family.Name}.", Kind.HistogramBucket);
    }
}
