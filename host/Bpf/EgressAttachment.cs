using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>How a program is attached to TC egress.</summary>
public enum AttachMode
{
    /// <summary>TCX where the kernel has it, clsact otherwise.</summary>
    Auto,

    /// <summary>A TCX link: goes away with its owner. Kernel 6.6.</summary>
    Tcx,

    /// <summary>A filter at the clsact qdisc: stays when its owner is killed, until the next start replaces it.</summary>
    Clsact,
}

/// <summary>The egress program on one network interface; detached when disposed.</summary>
public abstract class EgressAttachment : IDisposable
{
    /// <summary>The mode in effect, never <see cref="AttachMode.Auto"/>.</summary>
    public abstract AttachMode Mode { get; }

    /// <summary>Attaches <paramref name="program"/> to an interface.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static EgressAttachment Attach(BpfProgram program, string interfaceName, int interfaceIndex, AttachMode mode)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (mode == AttachMode.Clsact)
            return new ClsactAttachment(program, interfaceName, interfaceIndex);
        try
        {
            return new TcxAttachment(program, interfaceName, interfaceIndex);
        }
        catch (BpfException exception) when (mode == AttachMode.Auto && exception.Error is BpfException.Invalid or BpfException.NotSupported)
        {
            return new ClsactAttachment(program, interfaceName, interfaceIndex);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Detach();
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes the program off the interface; a second call does nothing.</summary>
    protected abstract void Detach();
}

/// <summary>A TCX link before all other programs; ours returns NEXT, so that they still run.</summary>
internal sealed unsafe class TcxAttachment : EgressAttachment
{
    private int fd;

    internal TcxAttachment(BpfProgram program, string interfaceName, int interfaceIndex)
    {
        LibBpf.LinkCreateOptions options = new() { Size = (nuint)sizeof(LibBpf.LinkCreateOptions), Flags = LibBpf.FlagBefore };
        fd = LibBpf.LinkCreate(program.Fd, interfaceIndex, LibBpf.TcxEgress, &options);
        if (fd < 0)
            throw BpfException.For($"cannot attach {program.Name} to TCX egress of {interfaceName}", Marshal.GetLastPInvokeError());
    }

    public override AttachMode Mode => AttachMode.Tcx;

    protected override void Detach()
    {
        if (fd > 0)
            _ = LibBpf.Close(fd);
        fd = 0;
    }
}

/// <summary>A clsact filter under our own priority and handle; the qdisc goes too when we made it and it is empty.</summary>
internal sealed unsafe class ClsactAttachment : EgressAttachment
{
    // "OT" in both: another program's filter does not get these by chance.
    private const uint Priority = 0x4F54;
    private const uint Handle = 0x4F54;
    private readonly int interfaceIndex;
    private readonly bool madeQdisc;
    private bool attached;

    internal ClsactAttachment(BpfProgram program, string interfaceName, int interfaceIndex)
    {
        this.interfaceIndex = interfaceIndex;
        LibBpf.TcHook hook = Hook();
        BpfLog.Begin();
        int made = LibBpf.TcHookCreate(&hook);
        madeQdisc = made == 0;
        LibBpf.TcOptions options = Options();
        options.ProgramFd = program.Fd;
        options.Flags = LibBpf.TcReplace;
        int result = made is 0 or -BpfException.AlreadyThere ? LibBpf.TcAttach(&hook, &options) : made;
        string log = BpfLog.End();
        if (result != 0)
            throw BpfException.For($"cannot attach {program.Name} to clsact egress of {interfaceName}", -result, log);
        attached = true;
    }

    public override AttachMode Mode => AttachMode.Clsact;

    protected override void Detach()
    {
        if (!attached)
            return;
        attached = false;
        LibBpf.TcHook hook = Hook();
        LibBpf.TcOptions options = Options();
        BpfLog.Begin();
        _ = LibBpf.TcDetach(&hook, &options);
        if (madeQdisc)
        {
            // Both directions name the whole qdisc to libbpf.
            hook.AttachPoint = 3;
            _ = LibBpf.TcHookDestroy(&hook);
        }

        _ = BpfLog.End();
    }

    private static LibBpf.TcOptions Options() =>
        new() { Size = (nuint)sizeof(LibBpf.TcOptions), Handle = Handle, Priority = Priority };

    private LibBpf.TcHook Hook() =>
        new() { Size = (nuint)sizeof(LibBpf.TcHook), InterfaceIndex = interfaceIndex, AttachPoint = LibBpf.TcEgress };
}
