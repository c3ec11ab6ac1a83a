using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OppTel.Configuration;
using OppTel.Dataplane.Bypass;
using OppTel.Dataplane.Steering;
using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Worker;

namespace OppTel.Dataplane;

/// <summary>Everything of a running dataplane that has to be given back, in the order in which it was taken.</summary>
internal sealed unsafe class Forwarder : IDisposable
{
    /// <summary>Workers need microseconds to stop: what takes this long does not end.</summary>
    private const ulong StopNanoseconds = 500_000_000;

    private readonly DataplaneConfiguration configuration;
    private readonly CpuSet cpus;
    private readonly PortSet ports;
    private readonly List<WorkerThread> threads = [];
    private BypassSet bypass = BypassSet.None;
    private SteeringSet? steering;
    private PacketPool? pool;
    private bool environmentStarted;

    private Forwarder(DataplaneConfiguration configuration, CpuSet cpus, PortSet ports, SharedSegment segment)
    {
        this.configuration = configuration;
        this.cpus = cpus;
        this.ports = ports;
        Segment = segment;
    }

    /// <summary>Counters and rings.</summary>
    public SharedSegment Segment { get; }

    /// <summary>Running workers.</summary>
    public PacketWorker[] Workers { get; private set; } = [];

    /// <summary>One for each host-side port, in the order of the pairs.</summary>
    public BeaconSlot[] Beacons { get; private set; } = [];

    /// <summary>One for each pair: who knows the right tags; null where none are required.</summary>
    public TagAuthority?[] Tags { get; private set; } = [];

    /// <summary>Ports in the order of the segment.</summary>
    public IReadOnlyList<OpenPort> Ports => ports.Ports;

    /// <summary>Numbers of the host-side ports in the segment.</summary>
    public IEnumerable<int> HostPorts() => Enumerable.Range(0, configuration.Pairs.Count).Select(pair => 2 * pair);

    /// <summary>A port's block in the segment, which does not move.</summary>
    public PortBlock* Block(int port) => (PortBlock*)Unsafe.AsPointer(ref Segment.Port(port));

    /// <summary>Takes everything that is needed; gives it back when something fails.</summary>
    /// <exception cref="OperatorException">Something is missing or in use.</exception>
    public static Forwarder Open(DataplaneConfiguration configuration, KeyBook keys)
    {
        CpuSet cpus = CpuSet.Assign(configuration.Workers);
        Capabilities.Require(configuration);
        bool hugepages = Hugepages.Decide(configuration.Hugepages, configuration.Memory);
        PortSet ports = new(configuration, cpus.Workers.Count);
        Forwarder forwarder = new(configuration, cpus, ports, CreateSegment(configuration, cpus, ports));
        try
        {
            MemoryGuard.Protect(forwarder.Segment.Start, forwarder.Segment.Size);
            ports.Claim();
            // From here on packets pass, whatever becomes of this process.
            forwarder.bypass = BypassSet.Attach(configuration.Pairs);
            forwarder.StartEnvironment(hugepages);
            forwarder.Tags = [.. configuration.Pairs.Select(pair => pair.Trust.RequiresTags ? new TagAuthority(keys.Of(pair.Trust.KeyFile)) : null)];
            forwarder.CreateWorkers();
            return forwarder;
        }
        catch
        {
            forwarder.Dispose();
            throw;
        }
    }

    /// <summary>Lets the workers forward.</summary>
    /// <exception cref="DpdkException">An lcore does not take its worker.</exception>
    public void StartWorkers()
    {
        bypass.StandBy();
        // Packet sockets have copies of what the bypass forwarded since they were opened.
        foreach (OpenPort port in Ports.Where(port => port.Specification.Driver == PortDriver.AfPacket && bypass.Has(port.Specification)))
            Array.ForEach(Workers, worker => worker.Discard(port.Port.Id));
        for (int queue = 0; queue < Workers.Length; queue++)
            threads.Add(WorkerThread.Start(Workers[queue], (uint)queue + 1));
        Volatile.Write(ref Segment.Header.State, (uint)SegmentState.Running);
    }

    /// <summary>Stops the workers, closes the ports and gives memory and segment back.</summary>
    /// <exception cref="OperatorException">A worker does not return: what it still uses stays until the process ends.</exception>
    public void Dispose()
    {
        WorkerThread? stuck = StopWorkers();
        Segment.Header.State = (uint)SegmentState.Stopped;
        Segment.Unlink();
        bypass.Dispose();
        if (stuck is not null)
            throw new OperatorException(ExitCode.Runtime, $"the worker on CPU {stuck.Cpu} does not return from a driver; the process ends without it");
        foreach (PacketWorker worker in Workers)
            worker.Dispose();
        foreach (TagAuthority? tags in Tags)
            tags?.Dispose();
        Segment.Dispose();
        steering?.Dispose();
        ports.Stop();
        ports.Dispose();
        pool?.Dispose();
        if (environmentStarted)
            Eal.Cleanup();
    }

    /// <summary>The worker that does not return, or null.</summary>
    private WorkerThread? StopWorkers()
    {
        foreach (PacketWorker worker in Workers)
            worker.Stop();
        ulong deadline = Boottime.Now + StopNanoseconds;
        return threads.Find(thread => !thread.TryJoin(deadline));
    }

    private static SharedSegment CreateSegment(DataplaneConfiguration configuration, CpuSet cpus, PortSet ports)
    {
        PortDescription[] descriptions = [.. ports.Ports.Select((port, index) => new PortDescription(
            port.Specification.Name,
            configuration.Pairs[index / 2].Name,
            index % 2 == 0 ? PortSide.Host : PortSide.Network,
            (uint)port.Mtu,
            configuration.Pairs[index / 2].Trust.RequiresTags))];
        try
        {
            return SharedSegment.Create(
                configuration.SegmentPath,
                new SegmentDescription(cpus.Workers.Count, descriptions, configuration.RingBytes),
                SegmentGroup.Find(configuration.SegmentGroup));
        }
        catch (SegmentException exception)
        {
            throw new OperatorException(ExitCode.Unavailable, exception.Message, exception);
        }
    }

    private void StartEnvironment(bool hugepages)
    {
        try
        {
            Eal.Initialize(EalArguments.Build(configuration, cpus, hugepages));
        }
        catch (DpdkException exception)
        {
            throw new OperatorException(ExitCode.System, $"{exception.Message}; check memory, hugepages and eal_arguments", exception);
        }

        environmentStarted = true;
        try
        {
            pool = PacketPool.Create("opptel", ports.MbufCount, PortSet.CacheSize, ports.FrameRoom);
        }
        catch (DpdkException exception)
        {
            // Half as much again leaves room for the drivers' own structures, the rest is EAL's.
            long needed = ((long)ports.MbufCount * PacketPool.ObjectSize(ports.FrameRoom) * 3 / 2) + (16L << 20);
            throw new OperatorException(
                ExitCode.Configuration,
                $"memory: {Quantity.Format(configuration.Memory)} does not do: {exception.Message}; set it to {(needed >> 20) + 1}MiB or more",
                exception);
        }

        ports.Open(pool);
        steering = SteeringSet.Install(configuration.Pairs, Ports);
    }

    private void CreateWorkers()
    {
        WarmUp.Run();
        Beacons = [.. HostPorts().Select(index => new BeaconSlot(Ports[index].Port.Id, Block(index)))];
        Workers = [.. cpus.Workers.Select((cpu, queue) => new PacketWorker(new WorkerSetup
        {
            Queue = (ushort)queue,
            Cpu = cpu,
            Lanes = [.. Enumerable.Range(0, Ports.Count).Select(port => CreateLane(queue, port))],
            Segment = Segment,
            Pool = pool!,
            Beacons = queue == 0 ? Beacons : [],
            Tunnels = configuration.Tunnels.Ports,
            FragmentTimeout = (ulong)configuration.Tunnels.FragmentTimeout.Ticks * 100,
            Adaptive = configuration.Polling == Polling.Adaptive,
        }))];
    }

    private Lane CreateLane(int worker, int port) => new()
    {
        RxPort = Ports[port].Port.Id,
        TxPort = Ports[port ^ 1].Port.Id,
        SegmentPort = (ushort)port,
        FromHost = (port & 1) == 0,
        HostAddress = (port & 1) == 0 ? configuration.Pairs[port / 2].Steering?.HostAddress ?? 0 : 0,
        Tags = Tags[port / 2] is { } tags ? tags.Table : null,
        Watch = bypass.WatchOf(Ports[port].Specification),
        Rx = Counters(worker, port),
        Tx = Counters(worker, port ^ 1),
    };

    private ulong* Counters(int worker, int port) =>
        (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Segment.PortCounters(worker, port)));
}
