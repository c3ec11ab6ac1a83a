using Microsoft.Extensions.Logging;
using OppTel.Bpf;
using OppTel.Configuration;

namespace OppTel.Host.Tunnels;

/// <summary>All tunnels' devices of the configuration. Their outer packets leave through the configuration's interfaces.</summary>
internal sealed class TunnelSet : IDisposable
{
    private readonly IReadOnlyList<string> uplinks;
    private readonly List<Tunnel> tunnels = [];

    /// <summary>Claims the devices.</summary>
    /// <exception cref="OperatorException">Another daemon has one.</exception>
    public TunnelSet(HostConfiguration configuration, ILogger logger)
    {
        uplinks = configuration.Interfaces;
        try
        {
            foreach (string name in configuration.Tunnels)
                tunnels.Add(new Tunnel(name, logger));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The devices, and how the program is attached to each; null where it is not.</summary>
    public IEnumerable<(string Name, AttachMode? Mode)> Attached => tunnels.Select(tunnel => (tunnel.Name, tunnel.Mode));

    /// <summary>Attaches to every device that is there.</summary>
    /// <exception cref="OperatorException">One is no tunnel, or the kernel refused.</exception>
    public void Attach(HostKernel kernel, AttachMode mode) => tunnels.ForEach(tunnel => tunnel.Take(kernel.Tunnels, mode, Underlay()));

    /// <summary>Lets go of devices that are gone, takes those that are back, and keeps up with MTUs.</summary>
    public void Watch(HostKernel kernel, AttachMode mode)
    {
        if (tunnels.Count == 0)
            return;
        int underlay = Underlay();
        tunnels.ForEach(tunnel => tunnel.Watch(kernel.Tunnels, mode, underlay));
    }

    /// <inheritdoc/>
    public void Dispose() => tunnels.ForEach(tunnel => tunnel.Dispose());

    /// <summary>Smallest MTU of the uplinks; 0 while there is none.</summary>
    private int Underlay() => uplinks.Select(Native.InterfaceIndex).Where(index => index != 0)
        .Select(LinkReader.Read).OfType<LinkFacts>().Select(link => link.Mtu).DefaultIfEmpty(0).Min();
}
