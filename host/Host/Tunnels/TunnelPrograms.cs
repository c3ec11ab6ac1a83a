using OppTel.Bpf;

namespace OppTel.Host.Tunnels;

/// <summary>The egress program of tunnels' devices, and what it knows of each device.</summary>
/// <param name="bpf">The loaded object.</param>
public sealed class TunnelPrograms(BpfObject bpf)
{
    /// <summary>Name of the program.</summary>
    public const string Program = "opptel_egress_tunnel";

    private readonly BpfProgram program = bpf.Program(Program);
    private readonly BpfMap rooms = bpf.Map("opptel_tunnels");

    /// <summary>What the program has cost.</summary>
    public ProgramCost Cost => program.Cost;

    /// <summary>Attaches the program; the caller detaches it.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public EgressAttachment Attach(string interfaceName, int interfaceIndex, AttachMode mode) =>
        EgressAttachment.Attach(program, interfaceName, interfaceIndex, mode);

    /// <summary>Says how much fits into a device's packets. Without it they carry nothing.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Set(int interfaceIndex, HostTunnel room) => rooms.Update((uint)interfaceIndex, room);

    /// <summary>Forgets a device.</summary>
    public void Forget(int interfaceIndex) => _ = rooms.TryRemove((uint)interfaceIndex);
}
