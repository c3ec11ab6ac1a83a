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

/// <summary>Where a program stands among the filters of clsact, which run by priority; TCX has no such places.</summary>
public enum EgressPlace : uint
{
    /// <summary>Counts packets as the stack made them.</summary>
    Survey = 0x4F53,

    /// <summary>Appends trailers. "OT": another program's filter does not get this priority by chance.</summary>
    Trailers = 0x4F54,
}

/// <summary>A program on one network interface's egress; detached when disposed.</summary>
public abstract class EgressAttachment : IDisposable
{
    /// <summary>The mode in effect, never <see cref="AttachMode.Auto"/>.</summary>
    public abstract AttachMode Mode { get; }

    /// <summary>Attaches <paramref name="program"/> to an interface.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static EgressAttachment Attach(
        BpfProgram program, string interfaceName, int interfaceIndex, AttachMode mode, EgressPlace place = EgressPlace.Trailers)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (mode == AttachMode.Clsact)
            return new ClsactAttachment(program, interfaceName, interfaceIndex, (uint)place);
        try
        {
            return new TcxAttachment(program, interfaceName, interfaceIndex);
        }
        catch (BpfException exception) when (mode == AttachMode.Auto && exception.Error is BpfException.Invalid or BpfException.NotSupported)
        {
            return new ClsactAttachment(program, interfaceName, interfaceIndex, (uint)place);
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
        if (fd <= 0)
            return;
        // A child that has not called exec yet holds the link open: closing alone would detach at some later time. An interface
        // that is gone has detached it already.
        _ = LibBpf.LinkDetach(fd);
        _ = LibBpf.Close(fd);
        fd = 0;
    }
}
