using System.Globalization;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Configuration;

namespace OppTel.Host.Samplers;

/// <summary>Slots that always exist, as the catalog tells of them.</summary>
/// <param name="Sampler">Who fills them.</param>
/// <param name="FirstSlot">The first of them.</param>
/// <param name="MetricIds">The metric's id in each slot.</param>
/// <param name="Labels">Labels of all of them.</param>
public sealed record PlannedBlock(Sampler Sampler, uint FirstSlot, IReadOnlyList<uint> MetricIds, IReadOnlyDictionary<string, string> Labels);

/// <summary>
/// Who has which slots and metric ids, settled when the daemon starts: first the block "other" of each kind of entity, then what
/// samplers fill for the host and for each CPU, then the blocks of entities.
/// </summary>
public sealed class SlotPlan
{
    /// <summary>Kinds of entities that come and go.</summary>
    public static readonly IReadOnlyList<EntityKind> Kinds = [.. Enum.GetValues<EntityKind>().Where(kind => (int)kind < HostMaps.EntityKinds)];

    /// <summary>A DPU refuses the whole catalog of a host that has more metrics, each bucket of a histogram being one.</summary>
    private const uint MostIds = 16384;

    private readonly Dictionary<string, uint> variables = new(StringComparer.Ordinal);
    private readonly List<PlannedBlock> blocks = [];
    private readonly Dictionary<EntityKind, List<(Sampler Sampler, uint MetricId)>> parts = Kinds.ToDictionary(kind => kind, _ => new List<(Sampler, uint)>());
    private readonly Dictionary<EntityKind, uint> other = [];
    private readonly Dictionary<EntityKind, uint> firstBlock = [];
    private readonly IReadOnlyDictionary<EntityKind, int> limits;
    private readonly HashSet<uint> gauges = [];
    private readonly List<(Sampler Sampler, Metric Metric)> metrics = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private uint nextSlot;
    private uint nextId = 1;

    /// <summary>Gives out everything.</summary>
    /// <param name="samplers">Who wants slots.</param>
    /// <param name="limits">Most entities of each kind that get a block.</param>
    /// <param name="cpus">Possible CPUs.</param>
    /// <param name="pool">Slots for what is declared later.</param>
    /// <exception cref="OperatorException">There are not enough slots.</exception>
    public SlotPlan(IReadOnlyList<Sampler> samplers, IReadOnlyDictionary<EntityKind, int> limits, int cpus, int pool = 0)
    {
        this.limits = limits;
        foreach (Sampler sampler in samplers)
        {
            foreach (EntityPart part in sampler.Parts)
            {
                variables.Add(part.Variable, (uint)parts[part.Kind].Count);
                parts[part.Kind].AddRange(IdsOf(sampler, part.Metrics).Select(id => (sampler, id)));
            }
        }

        foreach (EntityKind kind in Kinds)
            other[kind] = Take(BlockSlots(kind));
        foreach (Sampler sampler in samplers)
        {
            foreach (SlotBlock block in sampler.Blocks)
                Place(sampler, block, cpus);
        }

        foreach (EntityKind kind in Kinds)
            firstBlock[kind] = Take(BlockSlots(kind) * limits[kind]);
        Pool = new SlotPool(Take(pool), pool);
        if (nextSlot > HostMaps.Slots)
        {
            throw new OperatorException(
                ExitCode.Usage,
                $"limits: {nextSlot} slots would be needed, there are {HostMaps.Slots}: "
                + $"{string.Join(", ", Kinds.Select(kind => $"{BlockSlots(kind)} for each {Spelling.SnakeCase($"{kind}")}"))}; lower the limits");
        }
    }

    /// <summary>All metrics, and who fills them.</summary>
    public IEnumerable<(Sampler Sampler, Metric Metric)> Metrics => metrics;

    /// <summary>Slots that always exist.</summary>
    public IReadOnlyList<PlannedBlock> Blocks => blocks;

    /// <summary>What the constants of the samplers' objects are to be: first slots, and where parts begin in blocks.</summary>
    public IReadOnlyDictionary<string, uint> Variables => variables;

    /// <summary>Slots for what is declared later.</summary>
    public SlotPool Pool { get; }

    /// <summary>Whether a metric has this name.</summary>
    public bool IsTaken(string name) => names.Contains(name);

    /// <summary>Gives a metric an id of its own; null where a DPU would take no more.</summary>
    public Metric? Define(Metric metric)
    {
        uint ids = (uint)metric.Slots;
        if (nextId + ids > MostIds)
            return null;
        names.Add(metric.Name);
        Metric defined = new(metric) { Id = nextId };
        nextId += ids;
        return defined;
    }

    /// <summary>First slot of the block that takes what found none of its own.</summary>
    public uint OtherSlot(EntityKind kind) => other[kind];

    /// <summary>Slots of a block.</summary>
    public int BlockSlots(EntityKind kind) => parts[kind].Count;

    /// <summary>First slots of all blocks of a kind; none when nobody fills such blocks.</summary>
    public IEnumerable<uint> BlocksOf(EntityKind kind) =>
        BlockSlots(kind) == 0 ? [] : Enumerable.Range(0, limits[kind]).Select(block => firstBlock[kind] + (uint)(block * BlockSlots(kind)));

    /// <summary>The metric of each slot of a block, and who fills it.</summary>
    public IReadOnlyList<(Sampler Sampler, uint MetricId)> PartsOf(EntityKind kind) => parts[kind];

    /// <summary>Whether a metric is what it is now: sums of it over entities that are gone mean nothing.</summary>
    public bool IsGauge(uint metricId) => gauges.Contains(metricId);

    private void Place(Sampler sampler, SlotBlock block, int cpus)
    {
        List<uint> ids = IdsOf(sampler, block.Metrics);
        for (int cpu = 0; cpu < (block.IsPerCpu ? cpus : 1); cpu++)
        {
            uint first = Take(ids.Count);
            variables.TryAdd(block.Variable, first);
            SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
            if (block.IsPerCpu)
                labels["cpu"] = cpu.ToString(CultureInfo.InvariantCulture);
            blocks.Add(new PlannedBlock(sampler, first, ids, labels));
        }
    }

    /// <summary>Gives metrics their ids, and returns that of each slot.</summary>
    private List<uint> IdsOf(Sampler sampler, IReadOnlyList<Metric> wanted)
    {
        List<uint> ids = [];
        foreach (Metric metric in wanted)
        {
            int slots = metric.Slots;
            names.Add(metric.Name);
            metrics.Add((sampler, new Metric(metric) { Id = nextId }));
            if (metric.Kind == Metric.Types.Kind.Gauge)
                gauges.Add(nextId);
            for (int slot = 0; slot < slots; slot++)
                ids.Add(nextId++);
        }

        return ids;
    }

    private uint Take(int slots)
    {
        uint first = nextSlot;
        nextSlot += (uint)slots;
        return first;
    }
}
