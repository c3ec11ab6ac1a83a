using System.Runtime.CompilerServices;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Worker;

namespace OppTel.Dataplane.Bypass;

/// <summary>The bypass of one port: a program of the kernel that outlives this process.</summary>
internal sealed class BypassedPort : IDisposable
{
    private const string Program = "opptel_bypass", RouteMap = "opptel_bypass_route";

    private readonly BpfObject programs;
    private readonly PortSpecification port;
    private readonly MappedArray<BypassWatch> watch;

    private BypassedPort(BpfObject programs, PortSpecification port)
    {
        this.programs = programs;
        this.port = port;
        watch = programs.Map("opptel_bypass_watch").MapInto<BypassWatch>();
    }

    private static string ObjectPath => Path.Combine(AppContext.BaseDirectory, "lib", "bpf", "bypass.bpf.o");

    /// <summary>The port.</summary>
    public PortSpecification Port => port;

    /// <summary>What it shares with the workers; null for an AF_XDP socket, which takes packets before they come to the program.</summary>
    public unsafe BypassWatch* Watch => port.Driver == PortDriver.AfPacket ? (BypassWatch*)Unsafe.AsPointer(ref watch[0]) : null;

    /// <summary>What passed an interface without a dataplane; false when it has no bypass.</summary>
    public static bool TryCount(StandingFilter filter, out BypassCounts counts) => filter.TrySum("opptel_bypass_total", out counts);

    /// <summary>Where the bypass of an interface sends; false when it has none.</summary>
    public static bool TryFindPeer(StandingFilter filter, out uint peer)
    {
        bool isThere = filter.TryRead(RouteMap, out BypassRoute route);
        peer = route.Peer;
        return isThere;
    }

    /// <summary>Has the kernel forward what nobody takes; replaces the program of an earlier process without a gap.</summary>
    /// <param name="port">Where packets come in.</param>
    /// <param name="peer">Where they go.</param>
    /// <param name="isHostSide">Whether trailers come in here.</param>
    /// <exception cref="OperatorException">The kernel refused.</exception>
    public static BypassedPort Attach(PortSpecification port, PortSpecification peer, bool isHostSide)
    {
        BpfObject programs = BpfObject.Open(ObjectPath);
        try
        {
            programs.Load();
            programs.Map(RouteMap).Update(0u, new BypassRoute { Peer = IndexOf(peer), FromHost = isHostSide ? 1u : 0u });
            new StandingFilter(port.Interface, (int)IndexOf(port)).Attach(programs.Program(Program));
            return new BypassedPort(programs, port);
        }
        catch (BpfException exception)
        {
            programs.Dispose();
            throw new BpfException($"{port.Key}: no bypass for '{port.Name}': {exception.Message}; bypass: false of its pair does without", exception.Error, exception);
        }
    }

    /// <summary>
    /// Ends the bypass until this process has ended or stands still. An AF_XDP socket takes packets before they come to the program, and says so by
    /// being there; a packet socket takes copies.
    /// </summary>
    public void StandBy()
    {
        if (port.Driver != PortDriver.AfPacket)
            return;
        // The workers take over from here: the first beat is this thread's.
        Volatile.Write(ref watch[0].Beat, Boottime.Now);
        programs.Map("opptel_bypass_alive").Update(0, programs.Program("opptel_standby"));
    }

    /// <summary>Packets pass by the kernel again. What is shared with workers stays mapped: one that does not return writes there to the end.</summary>
    public void Dispose() => programs.Dispose();

    /// <summary>Index of a port's interface.</summary>
    /// <exception cref="OperatorException">There is none.</exception>
    public static uint IndexOf(PortSpecification port) => NetDevice.TryGetIndex(port.Interface, out uint index)
        ? index
        : throw new OperatorException(ExitCode.Unavailable, $"{port.Key}.interface: there is no interface '{port.Interface}' in this network namespace");
}
