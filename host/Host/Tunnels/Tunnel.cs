using Microsoft.Extensions.Logging;
using OppTel.Bpf;
using OppTel.Configuration;

namespace OppTel.Host.Tunnels;

/// <summary>One tunnel's device of the configuration: our claim to it, and the program on it. One that is not there is waited for.</summary>
internal sealed class Tunnel : IDisposable
{
    private readonly ILogger logger;
    private readonly IDisposable claim;
    private LinkFacts? link;
    private HostTunnel room;
    private EgressAttachment? attachment;
    private string lastTrouble = "";

    /// <summary>Claims the device.</summary>
    /// <exception cref="OperatorException">Another daemon has it.</exception>
    public Tunnel(string name, ILogger logger)
    {
        (Name, this.logger) = (name, logger);
        claim = InterfaceClaim.Take("opptel-host", name, $"stop it, or leave {name} out here (tunnels)");
    }

    /// <summary>The device.</summary>
    public string Name { get; }

    /// <summary>How the program is attached; null while it is not.</summary>
    public AttachMode? Mode => attachment?.Mode;

    /// <summary>Takes the device when it is there, lets go of one that is gone, and keeps up with what fits into its packets.</summary>
    /// <param name="programs">What is attached.</param>
    /// <param name="mode">How.</param>
    /// <param name="underlay">MTU of the uplinks, in bytes; 0 while there is none.</param>
    /// <exception cref="OperatorException">It is no tunnel, or the kernel refused.</exception>
    public void Take(TunnelPrograms programs, AttachMode mode, int underlay)
    {
        int index = Native.InterfaceIndex(Name);
        if (link is not null && index != link.Index)
        {
            Release(programs);
            logger.LogWarning("{Tunnel} is gone: nothing is appended there until it is back", Name);
        }

        if ((index == 0 ? null : LinkReader.Read(index)) is not { } found)
        {
            Tell($"there is no interface {Name} here: waiting for it (tunnels)");
            return;
        }

        if (!found.IsTunnel)
            throw new OperatorException(ExitCode.Unavailable, $"{Name} is {Describe(found)} and no VXLAN or Geneve device; other interfaces belong under interfaces (tunnels)");
        Fit(programs, found, underlay);
        if (attachment is null)
        {
            attachment = programs.Attach(Name, index, mode);
            logger.LogInformation("attached to egress of {Tunnel} ({Kind}); frames up to {Bytes} bytes are not fragmented", Name, found.Kind, room.Fits);
        }

        (link, lastTrouble) = (found, "");
    }

    /// <summary>As <see cref="Take"/>, for a daemon that goes on whatever happens: what is wrong is said once.</summary>
    public void Watch(TunnelPrograms programs, AttachMode mode, int underlay)
    {
        try
        {
            Take(programs, mode, underlay);
        }
        catch (OperatorException exception)
        {
            Release(programs);
            Tell($"{exception.Message}; trying again every second");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        attachment?.Dispose();
        claim.Dispose();
    }

    private void Fit(TunnelPrograms programs, LinkFacts found, int underlay)
    {
        int mtu = underlay;
        if (found.Lower != 0 && LinkReader.Read(found.Lower) is { } lower)
            mtu = Math.Min(mtu, lower.Mtu);
        if (found.Remote is { } remote && PathMtu.To(remote) is { } path)
            mtu = Math.Min(mtu, path);
        HostTunnel now = TunnelRoom.Of(found.Kind, found.Outer, mtu);
        if (now != room || link?.Index != found.Index)
            programs.Set(found.Index, now);
        room = now;
    }

    private void Release(TunnelPrograms programs)
    {
        attachment?.Dispose();
        if (link is not null)
            programs.Forget(link.Index);
        (attachment, link) = (null, null);
    }

    private void Tell(string trouble)
    {
        if (trouble != lastTrouble)
            logger.LogWarning("{Trouble}", trouble);
        lastTrouble = trouble;
    }

    private static string Describe(LinkFacts found) => found.Kind.Length == 0 ? "a device of hardware" : $"of kind {found.Kind}";
}
