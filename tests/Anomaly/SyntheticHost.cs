using OppTel.Aggregator.Tests;
using OppTel.Catalog;
using OppTel.Telemetry;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Anomaly.Tests;

/// <summary>
/// A host as the aggregator sees it, in logical time: three cgroups under a load of some kind, whose metrics come in frames through a real
/// receiver, some of them at every step and some once a second; and an engine that looks at them.
/// </summary>
internal sealed class SyntheticHost
{
    public const ulong Step = 5_000_000, Second = 1_000_000_000;
    public const string Quiet = "/system.slice/cron.service";

    private readonly string[] cgroups;
    private readonly TestHost host = new(7) { Name = "web-17" };
    private readonly Receiver receiver;
    private readonly List<Metric> metrics = [];
    private readonly List<Block> blocks = [];
    private readonly List<Cell> cells = [];
    private readonly Dictionary<string, Cell> byName = [];
    private readonly List<ValueRecord> records = [];
    private readonly Func<double, Load> shape;
    private ushort epoch = 3;

    /// <param name="shape">The load as a function of the time in seconds.</param>
    /// <param name="settings">Of the engine.</param>
    /// <param name="others">Cgroups with a little work besides the three.</param>
    /// <param name="absurd">What <c>opptel_absurd_total</c> grows by at each step at first; null for no such counter.</param>
    public SyntheticHost(Func<double, Load> shape, AnomalySettings? settings = null, int others = 0, double? absurd = null)
    {
        this.shape = shape;
        cgroups = ["/system.slice/web.service", "/system.slice/db.service", Quiet, .. Enumerable.Range(0, others).Select(number => $"/other-{number}")];
        receiver = new Receiver(new SeriesTable(1000, 60 * Second, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);
        receiver.SetPorts(["p0"], Now);
        for (int group = 0; group < cgroups.Length; group++)
            DeclareCgroup(group);
        DeclareHost();
        if ((Absurd = absurd) is not null)
            Declare("absurd", "opptel_absurd_total", Kind.Counter, 1e292, false);
        receiver.TakeControl(0, host.Catalog(host.Whole(epoch, metrics, blocks)), Now);
        receiver.Publish();
        Engine = new AnomalyEngine(receiver.Series, (settings ?? new AnomalySettings()) with { Step = TimeSpan.FromMilliseconds(Step / 1e6) }, () => Now);
        Engine.Happened += Events.Add;
    }

    public AnomalyEngine Engine { get; }

    public List<AnomalyEvent> Events { get; } = [];

    public ulong Now { get; private set; } = 100 * Second;

    /// <summary>What happens besides the load.</summary>
    public Load Stress { get; set; }

    /// <summary>What <c>opptel_absurd_total</c> grows by at each step.</summary>
    public double? Absurd { get; set; }

    public AnomalyModel HostModel => Engine.Models.Single(model => model.Cgroup is null);

    public double Seconds => (Now - (100 * Second)) / 1e9;

    /// <summary>Anomalies that have begun.</summary>
    public IEnumerable<DetectedAnomaly> Started => Events.Where(happened => happened.IsStart).Select(happened => happened.Anomaly);

    public void Run(double seconds)
    {
        for (ulong end = Now + (ulong)(seconds * Second); Now < end;)
            Advance();
    }

    /// <summary>Five milliseconds of the host, whose frames arrive at their end, and a look at them.</summary>
    public void Advance()
    {
        Deliver();
        Engine.Step();
    }

    /// <summary>The same without the look.</summary>
    public void Deliver()
    {
        Now += Step;
        Apply(shape(Seconds) + Stress, Step / 1e9);
        bool isSecond = Now % Second < Step;
        records.Clear();
        foreach (Cell cell in cells.Where(cell => cell.IsPolled ? isSecond : cell.HasChanged))
            records.Add(new ValueRecord(cell.Slot, cell.Send()));
        foreach (ValueRecord[] part in records.Chunk(16))
            receiver.TakeTrailer(0, host.Trailer(0, epoch, Now - 20_000, part), Now - 10_000);
    }

    /// <summary>A cgroup ends: nothing carries its series any more.</summary>
    public void End(string cgroup)
    {
        Block[] ended =
        [
            .. blocks.Where(block => block.Labels.TryGetValue("cgroup", out string? name) && name == cgroup)
                .Select(block => new Block { FirstSlot = block.FirstSlot, MetricIds = { block.MetricIds }, Removed = true }),
        ];
        receiver.TakeControl(0, host.Catalog(host.Change((ushort)(epoch + 1), epoch, ended)), Now);
        epoch++;
        receiver.Publish();
        ushort[] slots = Array.ConvertAll(ended, block => (ushort)block.FirstSlot);
        cells.RemoveAll(cell => slots.Contains(cell.Slot));
    }

    /// <summary>The host goes on with its work, and nothing of it arrives.</summary>
    public void BeSilent(double seconds)
    {
        for (ulong end = Now + (ulong)(seconds * Second); Now < end; Engine.Step())
        {
            Now += Step;
            Apply(shape(Seconds) + Stress, Step / 1e9);
        }
    }

    private Cell this[int group, string name] => byName[$"{name}{group}"];

    private void DeclareCgroup(int group)
    {
        (string, string)[] labels = [("cgroup", cgroups[group])];
        Declare($"cpu{group}", "opptel_cgroup_cpu_time_seconds_total", Kind.Counter, 1e-9, false, labels);
        Declare($"delay{group}", "opptel_cgroup_runqueue_delay_seconds_total", Kind.Counter, 1e-9, false, labels);
        Declare($"switches{group}", "opptel_cgroup_context_switches_total", Kind.Counter, 1, false, [.. labels, ("context_switch_type", "voluntary")]);
        Declare($"net{group}", "opptel_cgroup_network_io_bytes_total", Kind.Counter, 1, false, [.. labels, ("network_io_direction", "transmit")]);
        Declare($"memory{group}", "opptel_cgroup_memory_usage_bytes", Kind.Gauge, 1, true, labels);
    }

    private void DeclareHost()
    {
        Declare("queue", "opptel_runqueue_length", Kind.Gauge, 1, false, ("cpu", "0"));
        Declare("used", "system_memory_usage_bytes", Kind.Gauge, 1, true, ("system_memory_state", "used"));
        Declare("free", "system_memory_usage_bytes", Kind.Gauge, 1, true, ("system_memory_state", "free"));
        Declare("available", "system_linux_memory_available_bytes", Kind.Gauge, 1, true);
        Declare("faults", "opptel_paging_faults_total", Kind.Counter, 1, true);
        Declare("user", "system_cpu_time_seconds_total", Kind.Counter, 1e-9, true, ("cpu_mode", "user"), ("cpu", "0"));
        Declare("idle", "system_cpu_time_seconds_total", Kind.Counter, 1e-9, true, ("cpu_mode", "idle"), ("cpu", "0"));
        Declare("written", "system_disk_io_bytes_total", Kind.Counter, 1, false, ("disk_io_direction", "write"), ("system_device", "vda"));
        Declare("writes", "system_disk_operations_total", Kind.Counter, 1, false, ("disk_io_direction", "write"), ("system_device", "vda"));
        Declare("writing", "system_disk_operation_time_seconds_total", Kind.Counter, 1e-9, false, ("disk_io_direction", "write"), ("system_device", "vda"));
        Declare("retransmits", "opptel_tcp_retransmitted_segments_total", Kind.Counter, 1, false);
    }

    private void Declare(string cell, string name, Kind kind, double scale, bool isPolled, params (string, string)[] labels)
    {
        uint id = (uint)metrics.FindIndex(metric => metric.Name == name) + 1;
        if (id == 0)
        {
            id = (uint)metrics.Count + 1;
            metrics.Add(TestHost.Metric(id, name, kind, scale: scale));
        }

        Cell added = new((ushort)(10 + cells.Count), scale, isPolled);
        blocks.Add(TestHost.Block(added.Slot, [id], labels));
        cells.Add(added);
        byName.Add(cell, added);
    }

    private void Apply(in Load load, double time)
    {
        double[] cpu = [load.Cpu * 0.6, load.Cpu * 0.4, load.QuietCpu, 0.01], net = [load.Bytes * 0.7, load.Bytes * 0.3, 0, 1e4];
        for (int group = 0; group < cgroups.Length; group++)
        {
            int share = Math.Min(group, cpu.Length - 1);
            this[group, "cpu"].Add(cpu[share] * time);
            this[group, "delay"].Add(cpu[share] * load.Queue * 0.1 * time);
            this[group, "switches"].Add(group < 2 ? load.Switches / 2 * time : cpu[share] * 100 * time);
            this[group, "net"].Add(net[share] * time);
        }

        byName["queue"].Set(load.Queue);
        byName["memory0"].Set(1e9 + load.Memory);
        byName["memory1"].Set(2e9);
        byName["memory2"].Set(1e7 + load.QuietMemory);
        byName["used"].Set(4e9 + load.Memory + load.QuietMemory);
        byName["free"].Set(4e9 - load.Memory - load.QuietMemory);
        byName["available"].Set(5e9 - load.Memory - load.QuietMemory);
        byName["faults"].Add(load.Faults * time);
        byName["user"].Add((load.Cpu + load.QuietCpu) * time);
        byName["idle"].Add(Math.Max(0, 2 - load.Cpu - load.QuietCpu) * time);
        byName["written"].Add(load.Writes * 16384 * time);
        byName["writes"].Add(load.Writes * time);
        byName["writing"].Add(load.Writes * 0.0005 * time);
        byName["retransmits"].Add(load.Retransmits * time);
        if (Absurd is { } growth)
            byName["absurd"].Add(growth);
    }

    /// <summary>A slot with what it is worth.</summary>
    private sealed class Cell(ushort slot, double scale, bool isPolled)
    {
        private double value;
        private ulong sent = ulong.MaxValue;

        public ushort Slot => slot;

        public bool IsPolled => isPolled;

        public bool HasChanged => Raw != sent;

        private ulong Raw => (ulong)Math.Max(0, Math.Round(value / scale));

        public void Add(double amount) => value += amount;

        public void Set(double level) => value = level;

        public ulong Send() => sent = Raw;
    }
}

/// <summary>What a host does: rates per second, levels in bytes and tasks.</summary>
internal readonly record struct Load(
    double Cpu = 0, double Bytes = 0, double Switches = 0, double Queue = 0, double Writes = 0, double Memory = 0, double Faults = 0,
    double QuietCpu = 0, double QuietMemory = 0, double Retransmits = 0)
{
    public static Load operator +(in Load left, in Load right) => new(
        left.Cpu + right.Cpu, left.Bytes + right.Bytes, left.Switches + right.Switches, left.Queue + right.Queue,
        left.Writes + right.Writes, left.Memory + right.Memory, left.Faults + right.Faults, left.QuietCpu + right.QuietCpu,
        left.QuietMemory + right.QuietMemory, left.Retransmits + right.Retransmits);
}
