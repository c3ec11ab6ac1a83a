using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Dpdk;

namespace OppTel.Dataplane.Bypass;

/// <summary>The bypass of one port: a program of the kernel that outlives this process.</summary>
internal sealed class BypassedPort : IDisposable
{
    private const string Program = "opptel_bypass";

    private readonly BpfObject programs;
    private readonly PortSpecification port;

    private BypassedPort(BpfObject programs, PortSpecification port)
    {
        this.programs = programs;
        this.port = port;
    }

    private static string ObjectPath => Path.Combine(AppContext.BaseDirectory, "lib", "bpf", "bypass.bpf.o");

    /// <summary>Where a port's program is, or would be.</summary>
    /// <exception cref="OperatorException">There is no such interface.</exception>
    public static StandingFilter FilterOf(PortSpecification port) => new(port.Interface, (int)IndexOf(port));

    /// <summary>What passed a port without a dataplane; false when there is no bypass.</summary>
    public static bool TryCount(PortSpecification port, out BypassCounts counts) => FilterOf(port).TrySum("opptel_bypass_total", out counts);

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
            programs.SetConstant("opptel_bypass_peer", IndexOf(peer));
            programs.SetConstant("opptel_bypass_from_host", isHostSide ? 1u : 0u);
            programs.Load();
            FilterOf(port).Attach(programs.Program(Program));
            return new BypassedPort(programs, port);
        }
        catch (BpfException exception)
        {
            programs.Dispose();
            throw new BpfException($"{port.Key}: no bypass for '{port.Name}': {exception.Message}; bypass: false of its pair does without", exception.Error, exception);
        }
    }

    /// <summary>
    /// Ends the bypass until this process has ended. An AF_XDP socket takes packets before they come to the program, and says so by
    /// being there; a packet socket takes copies.
    /// </summary>
    public void StandBy()
    {
        if (port.Driver == PortDriver.AfPacket)
            programs.Map("opptel_bypass_alive").Update(0, programs.Program("opptel_standby"));
    }

    /// <summary>Packets pass by the kernel again.</summary>
    public void Dispose() => programs.Dispose();

    private static uint IndexOf(PortSpecification port) => NetDevice.TryGetIndex(port.Interface, out uint index)
        ? index
        : throw new OperatorException(ExitCode.Unavailable, $"{port.Key}.interface: there is no interface '{port.Interface}' in this network namespace");
}
