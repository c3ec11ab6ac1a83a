using System.Globalization;
using Microsoft.Extensions.Logging;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Host;

/// <summary>
/// One interface of the configuration: our claim to it, its control socket, and the egress program on it. An interface
/// that goes away is waited for.
/// </summary>
internal sealed class Uplink : IDisposable
{
    private readonly ControlKey key;
    private readonly ulong instance;
    private readonly ILogger logger;
    private readonly IDisposable claim;
    private HostInterface? device;
    private EgressAttachment? attachment;
    private FrameMarks? marks;
    private ulong closedFailures;
    private ulong knownFailures;
    private string lastTrouble = "";

    /// <summary>Claims the interface and opens its control socket.</summary>
    /// <exception cref="OperatorException">It is not there, another daemon has it, or a capability is missing.</exception>
    public Uplink(string name, ControlKey key, ulong instance, ILogger logger)
    {
        (Name, this.key, this.instance, this.logger) = (name, key, instance, logger);
        device = HostInterface.Find(name);
        // Two daemons on one interface would take each other's trailers off.
        claim = InterfaceClaim.Take("opptel-host", name, $"stop it, or leave {name} out here (interfaces)");
        try
        {
            Control = new ControlSocket(device.Device, device.Index, key, instance);
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    /// <summary>The interface.</summary>
    public string Name { get; }

    /// <summary>Its control socket; null while the interface is gone.</summary>
    public ControlSocket? Control { get; private set; }

    /// <summary>How the egress program is attached; null while it is not.</summary>
    public AttachMode? Mode => attachment?.Mode;

    /// <summary>Longest payload of a control frame, in bytes.</summary>
    public int MaxPayload => (device?.Mtu ?? int.MaxValue) - ControlHeader.Size;

    /// <summary>What control frames repeat of the beacon that was accepted last.</summary>
    public uint Echo
    {
        set
        {
            if (Control is { } socket)
                socket.Echo = value;
        }
    }

    /// <summary>Control frames that the kernel would not take.</summary>
    public ulong SendFailures => closedFailures + (Control?.SendFailures ?? 0);

    /// <summary>Attaches the egress program.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Attach(HostKernel kernel, AttachMode mode)
    {
        marks = kernel.Marks;
        marks.Add(device!.Index, device.Device.GetPhysicalAddress());
        attachment = kernel.AttachEgress(Name, device.Index, mode);
        logger.LogInformation("attached to egress of {Interface} by {Mode}", Name, attachment.Mode.ToString().ToLower(CultureInfo.InvariantCulture));
    }

    /// <summary>Lets go of an interface that is gone, and takes it again when it is back.</summary>
    public void Watch(HostKernel kernel, AttachMode mode)
    {
        int index = Native.InterfaceIndex(Name);
        if (device is not null && index != device.Index)
        {
            Release();
            logger.LogWarning("{Interface} is gone: nothing is appended there until it is back", Name);
        }

        if (index == 0)
            return;
        try
        {
            if (device is null)
                Take(kernel, mode);
            else if (SendFailures != knownFailures)
                // Perhaps its MTU is another one by now.
                device = HostInterface.Find(Name);
            (knownFailures, lastTrouble) = (SendFailures, "");
        }
        catch (OperatorException exception)
        {
            Release();
            if (exception.Message != lastTrouble)
                logger.LogWarning("{Trouble}; trying again every second", exception.Message);
            lastTrouble = exception.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The kernel's maps are gone by now, and the program with them.
        marks = null;
        Release();
        claim.Dispose();
    }

    private void Take(HostKernel kernel, AttachMode mode)
    {
        device = HostInterface.Find(Name);
        Control = new ControlSocket(device.Device, device.Index, key, instance);
        Attach(kernel, mode);
    }

    private void Release()
    {
        closedFailures = SendFailures;
        if (device is not null)
            marks?.Remove(device.Index);
        attachment?.Dispose();
        Control?.Dispose();
        (attachment, Control, device) = (null, null, null);
    }
}
