using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Boosts;
using OppTel.Host.Catalog;
using OppTel.Host.Control;
using OppTel.Host.EbpfExporter;
using OppTel.Host.Producers;
using OppTel.Host.Samplers;
using OppTel.Host.Samplers.Gpu;
using OppTel.Host.Scheduling;
using OppTel.Host.Statsd;
using OppTel.Host.Tunnels;

namespace OppTel.Host;

/// <summary>The kernel side of one daemon: object, maps, samplers and the egress program. Everything is undone when disposed.</summary>
public sealed class HostKernel : ICatalogKernel, IDisposable
{
    private readonly Stack<IDisposable> owned = new();
    private readonly BpfObject bpf;
    private readonly BpfProgram publish;
    private readonly BpfProgram store;
    private readonly BpfProgram rouse;
    private readonly Dictionary<EntityKind, BpfMap> free;
    private readonly BpfMap entities;
    private readonly MappedArray<HostSlot> slots;
    private readonly MappedArray<HostState> state;
    private readonly MappedArray<HostSampler> sampler;
    private readonly MappedArray<HostStore> stored;
    private readonly MappedArray<HostRunning> running;
    private readonly HashSet<Entity> retired = [];

    /// <summary>Loads and sizes everything; nothing is attached yet.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    /// <exception cref="OperatorException">The object belongs to another release.</exception>
    public HostKernel(HostConfiguration configuration)
    {
        try
        {
            Classes = new MetricClasses(configuration.Classes);
            bpf = Own(BpfObject.Open(configuration.ObjectPath));
            IReadOnlyList<string> differences = LayoutCheck.FindDifferences(bpf.Btf());
            if (differences.Count > 0)
                throw new OperatorException(ExitCode.System, $"{configuration.ObjectPath} belongs to another release: {string.Join("; ", differences)}");
            uint cpus = (uint)BpfObject.PossibleCpus;
            bpf.Map("opptel_streams").Resize(cpus);
            bpf.Map("opptel_running").Resize(cpus);
            bpf.Map("opptel_ages").Resize(cpus * HostMaps.Classes);
            if (configuration.Samplers.Contains(FastSampler.Name))
                bpf.Map("opptel_fast").Resize(cpus);
            bpf.Map("opptel_rings").Resize((uint)Classes.Rings);
            bpf.Map("opptel_entities").Resize((uint)configuration.EntityLimits.Values.Sum());
            free = SlotPlan.Kinds.ToDictionary(kind => kind, kind => bpf.Map($"opptel_free_{Spelling.SnakeCase($"{kind}")}"));
            foreach ((EntityKind kind, BpfMap blocks) in free)
                blocks.Resize((uint)configuration.EntityLimits[kind]);
            bpf.Load();
            Tunnels = new TunnelPrograms(bpf);
            publish = bpf.Program("opptel_publish");
            store = bpf.Program("opptel_store");
            Ages = new ValueAges(Own(bpf.Map("opptel_ages").MapInto<HostAges>()));
            Samplers = Own(new SamplerSet([.. Sampler.All, .. OwnSamplers(configuration)], configuration, bpf));
            entities = bpf.Map("opptel_entities");
            slots = Own(bpf.Map("opptel_slots").MapInto<HostSlot>());
            state = Own(bpf.Map("opptel_state").MapInto<HostState>());
            Marks = new FrameMarks(Own(bpf.Map("opptel_marks").MapInto<HostMarks>()));
            Tagging = new TrailerTagging(state, Own(bpf.Map("opptel_tag_keys").MapInto<HostTagKeys>()));
            Streams = Own(bpf.Map("opptel_streams").MapInto<HostStream>());
            sampler = Own(bpf.Map("opptel_sampler").MapInto<HostSampler>());
            stored = Own(bpf.Map("opptel_stored").MapInto<HostStore>());
            Due = new DueRings(Own(bpf.Map("opptel_rings").MapInto<HostRing>()), slots, state);
            rouse = bpf.Program("opptel_rouse");
            running = Own(bpf.Map("opptel_running").MapInto<HostRunning>());
            Prepare(configuration, cpus);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The egress program of tunnels' devices.</summary>
    public TunnelPrograms Tunnels { get; }

    /// <summary>Who fills the slots.</summary>
    public SamplerSet Samplers { get; }

    /// <summary>Counters of each CPU.</summary>
    public MappedArray<HostStream> Streams { get; }

    /// <summary>Which interfaces' carriers are marked.</summary>
    public FrameMarks Marks { get; }

    /// <summary>How urgent metrics are.</summary>
    public MetricClasses Classes { get; }

    /// <summary>How long values waited.</summary>
    public ValueAges Ages { get; }

    /// <summary>Since when changes wait.</summary>
    public DueRings Due { get; }

    /// <summary>Wakes the slots that have rested, as carriers do on their way.</summary>
    public void Rouse() => rouse.Call(0);

    /// <summary>Entity events that did not fit the ring buffer.</summary>
    public ulong EventsLost => Volatile.Read(ref sampler[0].EventsLost);

    /// <summary>Times that an entity found no block.</summary>
    public ulong EntitiesOther => Volatile.Read(ref sampler[0].EntitiesOther);

    /// <summary>Times that a thread found no entry in the sampler's memory of threads.</summary>
    public ulong ThreadsOther => Volatile.Read(ref sampler[0].ThreadsOther);

    /// <summary>Times that a slot found no place in a ring and waits for its next change or a refresh.</summary>
    public ulong DueOvertaken => Volatile.Read(ref sampler[0].DueOvertaken);

    /// <summary>CLOCK_BOOTTIME ns until which trailers may be appended.</summary>
    public ulong LeaseUntil
    {
        get => Volatile.Read(ref state[0].LeaseUntil);
        set => Volatile.Write(ref state[0].LeaseUntil, value);
    }

    /// <summary>Longest trailer in bytes.</summary>
    public int MaxTrailer
    {
        get => state[0].MaxTrailer;
        set => Volatile.Write(ref state[0].MaxTrailer, (ushort)value);
    }

    /// <summary>Tags of trailers.</summary>
    internal TrailerTagging Tagging { get; }

    /// <summary>Clocks that read slots between carriers; null where there are none.</summary>
    internal FastClocks? Clocks { get; private set; }

    /// <summary>Cost of each attached program, as far as the kernel accounts it.</summary>
    public IEnumerable<(string Program, ProgramCost Cost)> Costs =>
        Samplers.Costs.Prepend((TunnelPrograms.Program, Tunnels.Cost)).Prepend(("opptel_egress", bpf.Program("opptel_egress").Cost));

    /// <summary>Attaches the samplers.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public EventRing<EntityEvent> AttachSamplers(Action<EntityEvent> handler)
    {
        EventRing<EntityEvent> ring = Own(new EventRing<EntityEvent>(bpf.Map("opptel_events"), handler));
        Samplers.Attach();
        if (!Samplers.Running.Contains(FastSampler.Name))
            Clocks = null;
        UpdateSamples();
        if (Samplers.Running.Contains(CgroupMemorySampler.Definition.Name))
            state[0].MemoryPart = Samplers.Plan.Variables[CgroupMemorySampler.Variable] + 1;
        return ring;
    }

    /// <summary>Has clocks read these slots besides those that are configured, for now.</summary>
    /// <param name="interval">From one reading to the next.</param>
    /// <param name="boosted">At most as many of a CPU as its clock takes.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void ReadByClock(TimeSpan interval, IReadOnlyList<ClockedSlot> boosted)
    {
        Clocks?.Boost(interval, boosted);
        UpdateSamples();
    }

    /// <summary>Gives the slots that carry these metrics the classes that they have now; each stays in the ring where it stands.</summary>
    public void Classify(IEnumerable<Entity> all, IReadOnlySet<uint> metrics)
    {
        foreach (Entity entity in all)
        {
            for (int index = 0; index < entity.MetricIds.Count; index++)
            {
                if (metrics.Contains(entity.MetricIds[index]))
                    slots[(int)entity.FirstSlot + index].Class = Classes.Of(entity.MetricIds[index]);
            }
        }
    }

    /// <summary>Whether maps and programs can be used as they are while the daemon runs; changes nothing.</summary>
    public bool TryUse()
    {
        try
        {
            stored[0].Count = 0;
            store.Call(0);
            publish.Call(new PublishArgument(0, 0, 0));
            return true;
        }
        catch (BpfException)
        {
            return false;
        }
    }

    /// <summary>Attaches the egress program to an interface; the caller detaches it.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public EgressAttachment AttachEgress(string interfaceName, int interfaceIndex, AttachMode mode) =>
        EgressAttachment.Attach(bpf.Program("opptel_egress"), interfaceName, interfaceIndex, mode);

    /// <summary>All entities that own a block now.</summary>
    public IEnumerable<(EntityKey Key, uint FirstSlot)> Entities() => entities.Entries<EntityKey, EntityBlock>().Select(entry => (entry.Key, entry.Value.FirstSlot));

    /// <summary>
    /// Blocks that are not free, stand in no entry of the kernel's book and do not wait to be given back. While it looks, no entity
    /// finds a block.
    /// </summary>
    public IReadOnlyList<(EntityKind Kind, uint FirstSlot)> Unowned()
    {
        List<(EntityKind Kind, uint FirstSlot)> unowned = [];
        foreach ((EntityKind kind, BpfMap blocks) in free)
        {
            Stack<uint> taken = [];
            while (blocks.TryPop(out uint block))
                taken.Push(block);
            HashSet<uint> owned = [.. taken, .. Entities().Select(entry => entry.FirstSlot), .. retired.Select(entity => entity.FirstSlot)];
            while (taken.TryPop(out uint block))
                blocks.TryPush(block);
            unowned.AddRange(Samplers.Plan.BlocksOf(kind).Where(block => !owned.Contains(block)).Select(block => (kind, block)));
        }

        return unowned;
    }

    /// <summary>Takes an entity out of the kernel's book, for those whose end no hook reports.</summary>
    public void Forget(EntityKind kind, ulong id) => entities.TryRemove(new EntityKey(id, (ulong)kind));

    /// <summary>Gives a block to an entity that no program knows; null when none is free.</summary>
    public uint? TryClaim(EntityKind kind, ulong id)
    {
        if (!free[kind].TryPop(out uint firstSlot))
        {
            Interlocked.Increment(ref sampler[0].EntitiesOther);
            return null;
        }

        entities.Update(new EntityKey(id, (ulong)kind), new EntityBlock { FirstSlot = firstSlot });
        return firstSlot;
    }

    /// <summary>What a slot holds now.</summary>
    public ulong ValueOf(uint slot) => Volatile.Read(ref slots[(int)slot].Value);

    /// <summary>Adds to consecutive slots that no program writes.</summary>
    public void Add(uint firstSlot, ReadOnlySpan<ulong> deltas)
    {
        Span<ulong> sums = stackalloc ulong[deltas.Length];
        for (int index = 0; index < deltas.Length; index++)
            sums[index] = Volatile.Read(ref slots[(int)firstSlot + index].Value) + deltas[index];
        Store(firstSlot, sums);
    }

    /// <summary>Gives consecutive slots their raw values; those that are new leave with the next carriers.</summary>
    public void Store(uint firstSlot, ReadOnlySpan<ulong> values)
    {
        ref HostStore box = ref stored[0];
        for (; values.Length > 0; firstSlot += box.Count, values = values[(int)box.Count..])
        {
            (box.FirstSlot, box.Count) = (firstSlot, (uint)Math.Min(values.Length, HostMaps.MaxStore));
            values[..(int)box.Count].CopyTo(box.Value);
            store.Call(0);
        }
    }

    /// <inheritdoc/>
    public void SetLive(Entity entity, bool live)
    {
        for (int index = 0; live && index < entity.MetricIds.Count; index++)
        {
            if (entity.MetricIds[index] == 0)
                continue;
            ref HostSlot slot = ref slots[(int)entity.FirstSlot + index];
            slot.Class = Classes.Of(entity.MetricIds[index]);
            slot.Redundancy = (byte)Classes.All[slot.Class].Redundancy;
        }

        for (int first = 0; first < entity.MetricIds.Count;)
        {
            // A slot that nobody fills stays dead.
            int length = 0;
            while (length < HostMaps.MaxPublish && first + length < entity.MetricIds.Count && entity.MetricIds[first + length] != 0)
                length++;
            if (length > 0)
                publish.Call(new PublishArgument(entity.FirstSlot + (uint)first, (uint)length, live ? 1u : 0u));
            first += Math.Max(length, 1);
        }
    }

    /// <inheritdoc/>
    public void Queue(Entity entity) => SetLive(entity, live: true);

    /// <inheritdoc/>
    public void StampEpoch(ushort epoch) => Volatile.Write(ref state[0].Epoch, epoch);

    /// <inheritdoc/>
    public bool IsDrained(Entity entity) =>
        Enumerable.Range((int)entity.FirstSlot, entity.MetricIds.Count).All(slot => slots[slot].State is SlotState.Idle or SlotState.Resting);

    /// <inheritdoc/>
    public void FoldIntoOther(Entity entity)
    {
        // What was declared has no others.
        if (entity.Kind == EntityKind.Host)
            return;
        int other = (int)Samplers.Plan.OtherSlot(entity.Kind);
        for (int index = 0; index < entity.MetricIds.Count; index++)
        {
            if (Samplers.Plan.IsGauge(entity.MetricIds[index]))
                continue;
            Interlocked.Add(ref slots[other + index].Value, Volatile.Read(ref slots[(int)entity.FirstSlot + index].Value));
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A thread of a dead process can be on a CPU still, taking memory down for seconds, and what it uses goes to its block: the
    /// block waits until no CPU charges it.
    /// </remarks>
    public void Free(Entity entity)
    {
        retired.Add(entity);
        HashSet<uint> charged = [];
        for (int cpu = 0; cpu < running.Count; cpu++)
        {
            charged.Add(Volatile.Read(ref running[cpu].Process));
            charged.Add(Volatile.Read(ref running[cpu].Cgroup));
        }

        retired.RemoveWhere(old => !charged.Any(slot => slot - old.FirstSlot < old.MetricIds.Count) && GiveBack(old));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? resource))
            resource.Dispose();
    }

    /// <summary>Samplers that depend on the configuration.</summary>
    private IEnumerable<Sampler> OwnSamplers(HostConfiguration configuration)
    {
        yield return TransportSampler.Define(configuration.Classes, Ages);
        yield return configuration.Samplers.Contains(PerfEventSampler.Name) ? PerfEventSampler.Define() : PerfEventSampler.Unwanted;
        if (configuration.Samplers.Contains(GpuSampler.Name))
            yield return GpuSampler.Define();
        if (configuration.Statsd is { } statsd)
            yield return StatsdSampler.Define(statsd);
        foreach (Sampler exporter in configuration.EbpfExporter is { } settings ? EbpfExporterSampler.Define(settings) : [])
            yield return exporter;
        if (configuration.Producers is { } producers)
            yield return ProducerSampler.Define(producers);
        if (!configuration.Samplers.Contains(FastSampler.Name))
            yield break;
        Clocks = new FastClocks(configuration.Fast, Own(bpf.Map("opptel_fast").MapInto<HostFast>()));
        yield return FastSampler.Define(Clocks);
    }

    /// <summary>Carriers look for readings only while there may be any.</summary>
    private void UpdateSamples() => Volatile.Write(ref state[0].MaxSamples, Clocks?.IsReading == true ? HostMaps.MaxSamples : 0u);

    private bool GiveBack(Entity entity)
    {
        for (int index = 0; index < entity.MetricIds.Count; index++)
            Volatile.Write(ref slots[(int)entity.FirstSlot + index].Value, 0);
        if (entity.Kind != EntityKind.Host)
            return free[entity.Kind].TryPush(entity.FirstSlot);
        Samplers.Plan.Pool.Give(entity.FirstSlot, entity.MetricIds.Count);
        return true;
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }

    private void Prepare(HostConfiguration configuration, uint cpus)
    {
        state[0] = new HostState
        {
            MinGap = (ulong)configuration.MinGap.Ticks * 100,
            Cpus = cpus,
            MaxTrailer = (ushort)configuration.MaxTrailer,
            MaxValues = (ushort)configuration.MaxValues,
            RefreshValues = (ushort)configuration.RefreshValues,
            Line = (uint)configuration.Line,
            // Sooner than a heartbeat, which looks at all streams together.
            Silence = (uint)(((ulong)configuration.HeartbeatInterval.Ticks * 75) >> HostMaps.RestShift),
        };
        Classes.WriteTo(ref state[0]);
        Classes.Learn(Samplers.Metrics);
        foreach ((EntityKind kind, BpfMap blocks) in free)
        {
            // A stack: what is pushed last is taken first.
            foreach (uint block in Samplers.Plan.BlocksOf(kind).Reverse())
            {
                if (!blocks.TryPush(block))
                    throw new BpfException($"the map {blocks.Name} does not take {configuration.EntityLimits[kind]} blocks");
            }
        }
    }
}
