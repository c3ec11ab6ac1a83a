using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.EbpfExporter.Decoders;
using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>One configuration at work: its object is loaded, all its programs are at their hooks, and its maps are read.</summary>
internal sealed class ConfigReader : ISlotReader, IProgramOwner
{
    private const int MostEntries = 65536;
    private const ulong SweepNanoseconds = 1_000_000_000;
    private readonly EbpfExporterSettings settings;
    private readonly Stack<IDisposable> owned = new();
    private readonly List<MetricTable> tables = [];
    private readonly ulong[] outcomes = new ulong[Enum.GetValues<KeyOutcome>().Length];
    private ulong sweptAt;

    /// <summary>Loads and attaches everything.</summary>
    /// <exception cref="OperatorException">The object is missing or is another one, or the kernel refused.</exception>
    public ConfigReader(ExporterConfig config, EbpfExporterSettings settings, SlotBudget quota)
    {
        this.settings = settings;
        try
        {
            if (!File.Exists(config.ObjectPath))
                throw new OperatorException(ExitCode.Unavailable, $"{config.ObjectPath} is missing: build it beside {config.File}");
            BpfObject bpf = Own(BpfObject.Open(config.ObjectPath));
            List<BpfMap> maps = [.. config.Metrics.Select(metric => FindMap(bpf, config, metric))];
            foreach (BpfProgram program in bpf.Programs().Where(PerfEventSection.Fits))
                program.MakePerfEvent();
            RefuseUnknown(bpf, config);
            IEnumerable<Decoder> decoders = config.Metrics.SelectMany(metric => metric.Layout.Labels).SelectMany(label => label.Decoders);
            DecoderContext context = Own(new DecoderContext(decoders, needsSymbols: config.KernelSymbols.Count > 0));
            SetAddresses(bpf, config, context);
            bpf.Load();
            foreach ((ExporterMetric metric, BpfMap map) in config.Metrics.Zip(maps))
                tables.Add(Own(OpenTable(metric, map, context, quota)));
            (Name, Object) = (config.Name, bpf);
            Programs = [.. bpf.Programs().Where(program => program.IsLoaded)];
            foreach (BpfProgram program in Programs)
                Attach(program);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public TimeSpan Interval => settings.Interval;

    /// <summary>The stranger's object.</summary>
    public BpfObject Object { get; }

    /// <summary>The configuration's name.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<BpfProgram> Programs { get; }

    /// <summary>Keys by what became of them when they were first seen.</summary>
    public IEnumerable<(KeyOutcome Outcome, ulong Keys)> Outcomes => Enum.GetValues<KeyOutcome>().Select(outcome => (outcome, Volatile.Read(ref outcomes[(int)outcome])));

    /// <inheritdoc/>
    public void Read(ISlotStore store)
    {
        ulong now = Native.Boottime, expire = (ulong)settings.Expire.Ticks * 100;
        IOException? failure = null;
        foreach (MetricTable table in tables)
        {
            try
            {
                table.Read(now, store);
            }
            catch (IOException exception)
            {
                // One metric's trouble is not the others'.
                failure ??= exception;
            }
        }

        Sweep(now, expire, store);
        if (failure is not null)
            throw failure;
    }

    private void Sweep(ulong now, ulong expire, ISlotStore store)
    {
        if (now - sweptAt < SweepNanoseconds || now < expire)
            return;
        sweptAt = now;
        foreach (MetricTable table in tables)
            table.Sweep(now - expire, store);
    }

    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? resource))
            resource.Dispose();
    }

    private static BpfMap FindMap(BpfObject bpf, ExporterConfig config, ExporterMetric metric)
    {
        BpfMap map = bpf.FindMap(metric.Map)
            ?? throw new OperatorException(ExitCode.BadInput, $"{metric.Place}: {config.ObjectPath} has no map {metric.Map}");
        if (map.MaxEntries > MostEntries)
            throw new OperatorException(ExitCode.BadInput, $"{metric.Place}: the map {metric.Map} has room for {map.MaxEntries} entries; at most {MostEntries} are read");
        return map;
    }

    private static void RefuseUnknown(BpfObject bpf, ExporterConfig config)
    {
        foreach (BpfProgram program in bpf.Programs().Where(program => program.IsUnknown))
            throw new OperatorException(ExitCode.BadInput, $"{config.ObjectPath}: programs of the section {program.Section} are not supported ({program.Name})");
    }

    private static void SetAddresses(BpfObject bpf, ExporterConfig config, DecoderContext context)
    {
        foreach (string symbol in config.KernelSymbols)
        {
            if (context.Symbols?.AddressOf(symbol) is not { } address)
                throw new OperatorException(ExitCode.Unavailable, $"{config.File}: kaddrs: this kernel has no symbol {symbol}; those of data are there with CONFIG_KALLSYMS_ALL");
            bpf.SetConstant($"kaddr_{symbol}", (uint)address, (uint)(address >> 32));
        }
    }

    private MetricTable OpenTable(ExporterMetric metric, BpfMap map, DecoderContext context, SlotBudget quota)
    {
        MapReader reader = new(map);
        try
        {
            int expected = metric.Layout.KeySize(reader.IsPerCpu && metric.Buckets is null);
            if (expected != reader.KeySize)
                throw new OperatorException(ExitCode.BadInput, $"{metric.Place}: the labels of {metric.Map} are made of {expected} bytes with their padding, and the keys of the map have {reader.KeySize}");
            return new MetricTable(metric, reader, (int)map.MaxEntries, context, new SeriesBook(metric, quota), outcomes);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    private void Attach(BpfProgram program)
    {
        foreach (BpfLink link in PerfEventSection.Fits(program) ? PerfEventSection.Attach(program) : [program.Attach()])
            Own(link);
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }
}
