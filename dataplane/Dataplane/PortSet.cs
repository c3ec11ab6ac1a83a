using OppTel.Configuration;
using OppTel.Dpdk;
using OppTel.Worker;

namespace OppTel.Dataplane;

/// <summary>One configured port and, once opened, its DPDK port.</summary>
/// <param name="Specification">From the configuration.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="SetsMtu">Whether the device is told; a kernel interface keeps the MTU that its owner gave it.</param>
internal sealed record OpenPort(PortSpecification Specification, int Mtu, bool SetsMtu)
{
    /// <summary>DPDK's port; valid after <see cref="PortSet.Open"/>.</summary>
    public EthPort Port { get; set; }
}

/// <summary>All configured ports, host side and network side of each pair in turn: the port numbers of the segment.</summary>
internal sealed class PortSet : IDisposable
{
    private const int DefaultMtu = 1500;

    private const int Descriptors = 1024;

    private readonly int queues;
    private readonly List<OpenPort> started = [];
    private readonly PortClaims claims = new();

    /// <summary>Looks every named interface up, before anything is touched.</summary>
    /// <exception cref="OperatorException">An interface does not exist, or changes what it receives.</exception>
    public PortSet(DataplaneConfiguration configuration, int queues)
    {
        this.queues = queues;
        Ports = [.. configuration.Pairs.SelectMany(pair => new[] { pair.Host, pair.Network }.Select(
            port => new OpenPort(port, pair.Mtu != 0 ? pair.Mtu : FindMtu(port), pair.Mtu != 0 && port.Driver == PortDriver.Netdev)))];
    }

    /// <summary>Two for each pair: host, network.</summary>
    public IReadOnlyList<OpenPort> Ports { get; }

    /// <summary>Largest frame that may arrive on any port, in bytes.</summary>
    public int FrameRoom => Math.Max(2048, Ports.Max(DeviceArguments.FrameRoom));

    /// <summary>Mbufs that all queues, the workers' caches and their bursts can hold at once.</summary>
    public int MbufCount => (Ports.Count * queues * ((4 * Descriptors) + 64)) + (queues * 2 * CacheSize) + (Ports.Count / 2 * queues * PacketWorker.MostHeld) + 1023;

    /// <summary>Mbufs that each lcore keeps.</summary>
    public static int CacheSize => 512;

    /// <summary>Makes sure that no other dataplane has any of the interfaces, until disposed.</summary>
    /// <exception cref="OperatorException">One does.</exception>
    public void Claim() => claims.Take(Ports.Select(port => port.Specification));

    /// <summary>Creates the devices and starts them, in order; what was started is stopped by <see cref="Stop"/>.</summary>
    /// <exception cref="OperatorException">A device cannot be had.</exception>
    public void Open(PacketPool pool)
    {
        for (int index = 0; index < Ports.Count; index++)
        {
            OpenPort port = Ports[index];
            try
            {
                port.Port = Find(port, index);
                Start(port, pool);
            }
            catch (DpdkException exception)
            {
                throw new OperatorException(
                    ExitCode.Unavailable,
                    $"{port.Specification.Key}: cannot use '{port.Specification.Name}' with driver {DriverName(port)}: {exception.Message}",
                    exception);
            }
        }
    }

    /// <summary>Stops and closes every started port; reports the first failure after all were tried.</summary>
    /// <exception cref="DpdkException">A driver refused.</exception>
    public void Stop()
    {
        DpdkException? first = null;
        foreach (OpenPort port in started)
        {
            try
            {
                port.Port.Stop();
            }
            catch (DpdkException exception)
            {
                first ??= exception;
            }
        }

        started.Clear();
        if (first is not null)
            throw first;
    }

    /// <summary>Gives the interfaces back to other dataplanes; after <see cref="Stop"/>.</summary>
    public void Dispose() => claims.Dispose();

    private static string DriverName(OpenPort port) => Spelling.SnakeCase(port.Specification.Driver.ToString());

    private static int FindMtu(PortSpecification port)
    {
        if (port.Driver == PortDriver.Vdev)
            return DefaultMtu;
        if (!NetDevice.TryGetMtu(port.Interface, out int mtu))
        {
            throw new OperatorException(
                ExitCode.Unavailable,
                $"{port.Key}.interface: there is no interface '{port.Interface}' in this network namespace (ip link shows those "
                + "that there are); create it, or name another");
        }

        // What a wire brought as several packets would arrive as one that no ring holds and no wire takes.
        if (port.Driver == PortDriver.AfPacket && NetDevice.MergesPackets(port.Interface))
        {
            throw new OperatorException(
                ExitCode.Configuration,
                $"{port.Key}.interface: '{port.Interface}' puts received packets together, which af_packet cannot pass on as they came; "
                + $"run: ethtool -K {port.Interface} gro off lro off");
        }

        return mtu;
    }

    private EthPort Find(OpenPort port, int index)
    {
        if (port.Specification.Driver == PortDriver.Netdev)
            return FindByInterface(port.Specification);
        if (port.Specification.Driver == PortDriver.AfPacket)
            Eal.KeepFragments();
        string arguments = DeviceArguments.Build(port, index, queues);
        Eal.Probe(arguments);
        return EthPort.ByName(arguments.Split(',')[0]);
    }

    private static EthPort FindByInterface(PortSpecification specification)
    {
        EthPort[] all = [.. EthPort.All()];
        if (NetDevice.TryGetIndex(specification.Interface, out uint wanted))
        {
            foreach (EthPort port in all)
            {
                if (port.Describe().InterfaceIndex == wanted)
                    return port;
            }
        }

        throw new OperatorException(
            ExitCode.Unavailable,
            $"{specification.Key}: none of DPDK's {all.Length} ports belongs to the interface '{specification.Interface}'; "
            + "name its device in eal_arguments (-a ADDRESS, with representor=[...] for a representor)");
    }

    private void Start(OpenPort port, PacketPool pool)
    {
        PortInfo info = port.Port.Describe();
        if (info.MaxQueues < queues)
        {
            throw new OperatorException(
                ExitCode.Configuration,
                $"{port.Specification.Key}: '{port.Specification.Name}' has {info.MaxQueues} queues, one for each of {queues} workers is "
                + "needed; name fewer CPUs in workers, or give the device more queues");
        }

        port.Port.Configure(pool, queues, Descriptors, port.SetsMtu ? port.Mtu : 0, port.Mtu + DeviceArguments.HeaderRoom);
        started.Add(port);
        port.Port.Start();
    }
}
