using Microsoft.Extensions.Logging;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Configuration;
using OppTel.Host.EbpfExporter;
using OppTel.Host.Producers;
using OppTel.Host.Statsd;

namespace OppTel.Host.Samplers;

/// <summary>
/// The samplers of one daemon: those that run, and why the others do not. Each has an object of its own, so a hook that this
/// kernel lacks costs only the sampler that wants it.
/// </summary>
public sealed class SamplerSet : IDisposable
{
    /// <summary>Why a sampler is absent that the configuration does not want.</summary>
    public const string SwitchedOff = "switched off";

    private readonly SlotPlan plan;
    private readonly List<RunningSampler> running = [];
    private readonly SortedDictionary<string, string> absent = new(StringComparer.Ordinal);
    private readonly SortedSet<string> missing = new(StringComparer.Ordinal);
    private int failure = ExitCode.System;

    /// <summary>Loads what the configuration does not switch off onto the maps of the packet path; nothing is attached yet.</summary>
    /// <param name="samplers">All that there are.</param>
    /// <param name="configuration">Says which are wanted.</param>
    /// <param name="core">The packet path.</param>
    /// <exception cref="OperatorException">The limits ask for more slots than there are.</exception>
    public SamplerSet(IReadOnlyList<Sampler> samplers, HostConfiguration configuration, BpfObject core)
    {
        foreach (Sampler sampler in samplers.Where(sampler => !configuration.Samplers.Contains(sampler.Name)))
            absent[sampler.Name] = SwitchedOff;
        List<Sampler> wanted = [.. samplers.Where(sampler => configuration.Samplers.Contains(sampler.Name))];
        int declared = (configuration.Statsd?.Slots ?? 0) + (configuration.EbpfExporter?.Slots ?? 0) + (configuration.Producers?.Slots ?? 0);
        plan = new SlotPlan(wanted, configuration.EntityLimits, BpfObject.PossibleCpus, declared);
        foreach (Sampler sampler in wanted)
            Load(sampler, Path.Combine(configuration.BpfDirectory, $"{sampler.Name}.bpf.o"), core);
    }

    /// <summary>Who has which slots.</summary>
    public SlotPlan Plan => plan;

    /// <summary>Names of those that run.</summary>
    public IEnumerable<string> Running => running.Select(entry => entry.Sampler.Name);

    /// <summary>Those that do not, and why.</summary>
    public IReadOnlyDictionary<string, string> Absent => absent;

    /// <summary>Those of the absent ones that ought to run.</summary>
    public IReadOnlyCollection<string> Missing => missing;

    /// <summary>All metrics of the slots that are filled.</summary>
    public IEnumerable<Metric> Metrics => plan.Metrics.Where(planned => IsRunning(planned.Sampler)).Select(planned => planned.Metric);

    /// <summary>Slots that always exist.</summary>
    public IEnumerable<PlannedBlock> Blocks => plan.Blocks.Where(block => IsRunning(block.Sampler));

    /// <summary>Cost of each program, as far as the kernel accounts it.</summary>
    public IEnumerable<(string Program, ProgramCost Cost)> Costs =>
        (from entry in running
         from name in entry.Sampler.Programs
         select (name, entry.Object!.Program(name).Cost))
        .Concat(
            from owner in running.Select(entry => entry.Reader).OfType<IProgramOwner>()
            from program in owner.Programs
            select ($"{owner.Name}/{program.Name}", program.Cost));

    /// <summary>Samplers that read instead of counting: time from one reading to the next, and readings that failed.</summary>
    public IEnumerable<(string Sampler, TimeSpan Interval, ulong Failures)> Readers =>
        from entry in running
        where entry.Reader is not null
        select (entry.Sampler.Name, entry.Interval, entry.ReadFailures);

    /// <summary>Lines of scripts by what became of them; none without a socket for them.</summary>
    public IReadOnlyDictionary<string, ulong> StatsdLines =>
        running.Select(entry => entry.Reader).OfType<StatsdReader>().FirstOrDefault()?.Outcomes ?? new Dictionary<string, ulong>();

    /// <summary>Keys of the maps of ebpf_exporter's configurations, by what became of them when they were first seen.</summary>
    public IEnumerable<(string Config, string Outcome, ulong Keys)> ExporterKeys =>
        from reader in running.Select(entry => entry.Reader).OfType<ConfigReader>()
        from outcome in reader.Outcomes
        select (reader.Name, Spelling.SnakeCase($"{outcome.Outcome}"), outcome.Keys);

    /// <summary>Programs that bring metrics of their own; null without a door for them.</summary>
    internal ProducersReader? Producers => running.Select(entry => entry.Reader).OfType<ProducersReader>().FirstOrDefault();

    /// <summary>Until somebody wants to read again, in nanoseconds; allocates nothing.</summary>
    public ulong ShortestInterval
    {
        get
        {
            ulong shortest = ulong.MaxValue;
            foreach (RunningSampler entry in running)
                shortest = entry.Reader is null ? shortest : Math.Min(shortest, (ulong)entry.Interval.Ticks * 100);
            return shortest;
        }
    }

    /// <summary>Whether this machine counts what the perf event sampler looks for; none without that sampler.</summary>
    public IReadOnlyList<PerfEventVerdict> PerfEvents =>
        running.Select(entry => entry.Reader).OfType<PerfEventReader>().FirstOrDefault()?.Verdicts ?? [];

    /// <summary>What the slots of a block of this kind carry; 0 for a slot that nobody fills, none when nobody fills any.</summary>
    public IReadOnlyList<uint> MetricIdsOf(EntityKind kind)
    {
        uint[] ids = [.. plan.PartsOf(kind).Select(part => IsRunning(part.Sampler) ? part.MetricId : 0)];
        return ids.Any(id => id != 0) ? ids : [];
    }

    /// <summary>The same for the block "other", which has no gauges.</summary>
    public IReadOnlyList<uint> MetricIdsOfOther(EntityKind kind) => [.. MetricIdsOf(kind).Select(id => plan.IsGauge(id) ? 0 : id)];

    /// <summary>Attaches all programs and opens all readers.</summary>
    /// <exception cref="OperatorException">None of the samplers can run here.</exception>
    public void Attach()
    {
        foreach (RunningSampler entry in running.ToList())
        {
            try
            {
                entry.Attach(plan);
            }
            catch (OperatorException exception)
            {
                Drop(entry, exception);
            }
        }

        if (running.Count == 0)
            throw new OperatorException(failure, $"no sampler can run: {string.Join("; ", absent.Select(entry => $"{entry.Key}: {entry.Value}"))}");
    }

    /// <summary>Has those read more often, for now, that read any of these metrics, and the others at their own pace.</summary>
    /// <param name="metrics">Ids.</param>
    /// <param name="interval">From one reading to the next.</param>
    public void Hasten(IReadOnlySet<uint> metrics, TimeSpan interval)
    {
        HashSet<Sampler> hastened = [.. plan.Metrics
            .Where(planned => Enumerable.Range(0, planned.Metric.Slots).Any(slot => metrics.Contains(planned.Metric.Id + (uint)slot)))
            .Select(planned => planned.Sampler)];
        foreach (RunningSampler entry in running)
            entry.Hastened = hastened.Contains(entry.Sampler) ? interval : TimeSpan.MaxValue;
    }

    /// <summary>Has those read whose time has come.</summary>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="store">Takes what they read.</param>
    /// <param name="logger">Is told of the first failure of each.</param>
    public void Read(ulong now, ISlotStore store, ILogger logger) => running.ForEach(entry => entry.Read(now, store, logger));

    /// <inheritdoc/>
    public void Dispose()
    {
        running.ForEach(entry => entry.Dispose());
        running.Clear();
    }

    private bool IsRunning(Sampler sampler) => running.Any(entry => ReferenceEquals(entry.Sampler, sampler));

    private void Load(Sampler sampler, string path, BpfObject core)
    {
        RunningSampler entry = new(sampler);
        running.Add(entry);
        try
        {
            if (sampler.Programs.Count > 0)
                entry.Load(path, core, plan);
        }
        catch (BpfException exception)
        {
            Drop(entry, exception);
        }
    }

    private void Drop(RunningSampler entry, OperatorException exception)
    {
        running.Remove(entry);
        entry.Dispose();
        failure = exception.ExitCode;
        if (!entry.Sampler.IsOptional)
            missing.Add(entry.Sampler.Name);
        // A verifier's log has many lines; the first says what failed.
        absent[entry.Sampler.Name] = exception.Message.Split('\n')[0].Trim();
    }
}
