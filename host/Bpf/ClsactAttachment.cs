namespace OppTel.Bpf;

/// <summary>A clsact filter under our own priority and handle; the qdisc goes too when we made it and nobody else uses it.</summary>
internal sealed unsafe class ClsactAttachment : EgressAttachment
{
    private const uint Handle = 0x4F54;
    private readonly int interfaceIndex;
    private readonly uint priority;
    private readonly bool madeQdisc;
    private bool attached;

    internal ClsactAttachment(BpfProgram program, string interfaceName, int interfaceIndex, uint priority)
    {
        (this.interfaceIndex, this.priority) = (interfaceIndex, priority);
        LibBpf.TcHook hook = Hook();
        BpfLog.Begin();
        int result = LibBpf.TcHookCreate(&hook);
        madeQdisc = result == 0;
        string? stranger = null;
        if (result is 0 or -BpfException.AlreadyThere)
        {
            stranger = Stranger(program.Name);
            LibBpf.TcOptions options = Options();
            options.ProgramFd = program.Fd;
            // Replaces what a killed daemon left behind.
            options.Flags = LibBpf.TcReplace;
            result = stranger is null ? LibBpf.TcAttach(&hook, &options) : -BpfException.AlreadyThere;
        }

        string log = BpfLog.End();
        string what = $"cannot attach {program.Name} to clsact egress of {interfaceName}";
        if (stranger is not null)
            throw new BpfException($"{what}: priority {priority} belongs to {stranger}; remove it with: tc filter del dev {interfaceName} egress pref {priority}", BpfException.AlreadyThere);
        if (result != 0)
            throw BpfException.For(what, -result, log);
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
        if (madeQdisc && !ClsactFilters.Any(interfaceIndex))
        {
            hook.AttachPoint = LibBpf.TcWholeQdisc;
            _ = LibBpf.TcHookDestroy(&hook);
        }

        _ = BpfLog.End();
    }

    private LibBpf.TcOptions Options() =>
        new() { Size = (nuint)sizeof(LibBpf.TcOptions), Handle = Handle, Priority = priority };

    private LibBpf.TcHook Hook() =>
        new() { Size = (nuint)sizeof(LibBpf.TcHook), InterfaceIndex = interfaceIndex, AttachPoint = LibBpf.TcEgress };

    /// <summary>Name of the program that has our place and is not ours; null when the place is free or a leftover of ours.</summary>
    private string? Stranger(string own)
    {
        LibBpf.TcHook hook = Hook();
        LibBpf.TcOptions options = Options();
        if (LibBpf.TcQuery(&hook, &options) != 0)
            return null;
        int fd = LibBpf.ProgramById(options.ProgramId);
        if (fd < 0)
            return null;
        string name = BpfProgram.NameOf(fd);
        _ = LibBpf.Close(fd);
        // The kernel keeps 15 characters of a name.
        return own.StartsWith(name, StringComparison.Ordinal) ? null : $"program {options.ProgramId} ({name})";
    }
}
