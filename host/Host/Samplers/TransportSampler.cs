using OppTel.Bpf;
using OppTel.Host.Scheduling;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>How long values wait for a carrier, and whether they meet their deadlines: the host's side of their age. Read from the packet path's maps.</summary>
internal static class TransportSampler
{
    /// <summary>Key in the configuration.</summary>
    public const string Name = "transport";

    private const string Ages = "Time that changed values waited for a carrier, read once a second.";
    private const string Deadlines = "Values that left within the maximum age of their class, and those that did not, read once a second.";
    private const string Variable = "transport";

    public static Sampler Define(IReadOnlyList<MetricClass> classes, ValueAges ages) => new(
        Name,
        [],
        [],
        [
            new SlotBlock(Variable, [.. classes.SelectMany(one => (OppTel.Catalog.Metric[])
            [
                Histogram("opptel_value_age_seconds", Ages, 0, ("class", one.Name)),
                Counter("opptel_deadlines_total", Deadlines, 1, ("class", one.Name), ("deadline", "met")),
                Counter("opptel_deadlines_total", Deadlines, 1, ("class", one.Name), ("deadline", "missed")),
            ])]),
        ])
    {
        OpenReader = plan => new Reader(plan.Variables[Variable], classes.Count, ages),
    };

    private sealed class Reader(uint firstSlot, int classes, ValueAges ages) : ISlotReader
    {
        public TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

        public void Read(ISlotStore store)
        {
            for (int number = 0; number < classes; number++)
            {
                ClassAges one = ages.Of(number);
                store.Store(firstSlot + (uint)(number * (HostMaps.AgeBuckets + 2)), [.. one.Counts, one.Met, one.Missed]);
            }
        }

        public void Dispose()
        {
        }
    }
}
