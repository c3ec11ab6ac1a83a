using OppTel.Bpf;
using OppTel.Catalog;

namespace OppTel.Host.Scheduling;

/// <summary>Which class a metric belongs to. Of several patterns that match its name, the longest counts.</summary>
/// <param name="classes">By priority, the most urgent first.</param>
public sealed class MetricClasses(IReadOnlyList<MetricClass> classes)
{
    private readonly Dictionary<uint, (byte Class, string Name)> byId = [];
    private IReadOnlySet<uint> hastened = new HashSet<uint>();

    /// <summary>By priority, the most urgent first.</summary>
    public IReadOnlyList<MetricClass> All => classes;

    /// <summary>Number of rings that they need: one for the due slots of each, one where slots rest, and one for refresh.</summary>
    public int Rings => classes.Count + classes.Count(Rests) + 1;

    /// <summary>What keeps the maximum ages where carriers do not.</summary>
    /// <param name="silence">Longest time without a trailer.</param>
    public HeartbeatPlan PlanHeartbeats(TimeSpan silence) => new(
        Nanoseconds(silence), [.. classes.Select(one => Nanoseconds(one.MaxAge))], [.. classes.Select(one => Nanoseconds(one.MinInterval))]);

    /// <summary>Learns which class metrics belong to, by their ids.</summary>
    public void Learn(IEnumerable<Metric> metrics)
    {
        foreach (Metric metric in metrics)
        {
            byte number = (byte)IndexOf(metric.Name);
            for (uint bucket = 0; bucket < metric.Slots; bucket++)
                byId[metric.Id + bucket] = (number, metric.Name);
        }
    }

    /// <summary>Number of the class of a metric that it has learnt of.</summary>
    public byte Of(uint metricId) => hastened.Contains(metricId) ? Faster(byId[metricId].Class) : byId[metricId].Class;

    /// <summary>The name of a metric; null for one that it has not learnt of.</summary>
    public string? NameOf(uint metricId) => byId.TryGetValue(metricId, out (byte Class, string Name) known) ? known.Name : null;

    /// <summary>Metrics that belong to the class without rest, or with the shortest, for now, and no others.</summary>
    public void Hasten(IReadOnlySet<uint> metrics) => hastened = metrics;

    /// <summary>Patterns other than "*" that match none of these names.</summary>
    public IEnumerable<string> Unmatched(IReadOnlyCollection<string> names) =>
        classes.SelectMany(one => one.Metrics).Where(pattern => pattern != MetricClass.Everything && !names.Any(name => Matches(pattern, name)));

    /// <summary>The rules as the packet path reads them, with the numbers of the rings.</summary>
    public void WriteTo(ref HostState state)
    {
        int resting = classes.Count;
        for (int number = 0; number < classes.Count; number++)
        {
            state.Class[number] = new HostClass
            {
                MaxAge = Nanoseconds(classes[number].MaxAge),
                MinInterval = RestUnits(classes[number]),
                Resting = Rests(classes[number]) ? (uint)resting++ : 0,
            };
        }

        state.Classes = (uint)classes.Count;
        state.Refresh = (uint)resting;
        state.Resting = (uint)classes.Count(Rests);
    }

    /// <summary>The class whose values rest least, and of several the least urgent one that lets them wait no longer: nobody else is held up.</summary>
    private byte Faster(byte own) => (byte)Enumerable.Range(0, classes.Count).Where(number => classes[number].MaxAge <= classes[own].MaxAge)
        .OrderBy(number => classes[number].MinInterval).ThenByDescending(number => number == own).ThenByDescending(number => number).First();

    private int IndexOf(string name) => Enumerable.Range(0, classes.Count).MaxBy(
        number => classes[number].Metrics.Where(pattern => Matches(pattern, name)).Select(pattern => pattern.Length + (pattern[^1] == '*' ? 0 : 1)).DefaultIfEmpty(0).Max());

    private static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern;

    private static bool Rests(MetricClass one) => RestUnits(one) > 0;

    /// <summary>Rounded up: an interval is kept.</summary>
    private static uint RestUnits(MetricClass one) => (uint)((Nanoseconds(one.MinInterval) + (1ul << HostMaps.RestShift) - 1) >> HostMaps.RestShift);

    private static ulong Nanoseconds(TimeSpan time) => (ulong)time.Ticks * 100;
}
