namespace OppTel.Bpf;

/// <summary>One place among the filters of an interface's clsact qdisc, under our own handle.</summary>
/// <param name="interfaceName">For messages.</param>
/// <param name="interfaceIndex">The interface.</param>
/// <param name="attachPoint">Ingress or egress, as libbpf numbers them.</param>
/// <param name="priority">Filters run by priority.</param>
internal sealed unsafe class ClsactPlace(string interfaceName, int interfaceIndex, int attachPoint, uint priority)
{
    private const uint Handle = 0x4F54;

    private string Direction => attachPoint == LibBpf.TcIngress ? "ingress" : "egress";

    /// <summary>Puts a program there; what a former owner left behind is replaced without a gap.</summary>
    /// <returns>Whether the qdisc was made for it.</returns>
    /// <exception cref="BpfException">The place is somebody else's, or the kernel refused.</exception>
    internal bool Attach(BpfProgram program)
    {
        LibBpf.TcHook hook = Hook();
        BpfLog.Begin();
        int result = LibBpf.TcHookCreate(&hook);
        bool madeQdisc = result == 0;
        string? stranger = null;
        if (result is 0 or -BpfException.AlreadyThere)
        {
            stranger = Stranger(program.Name);
            LibBpf.TcOptions options = Options();
            options.ProgramFd = program.Fd;
            options.Flags = LibBpf.TcReplace;
            result = stranger is null ? LibBpf.TcAttach(&hook, &options) : -BpfException.AlreadyThere;
        }

        string log = BpfLog.End();
        string what = $"cannot attach {program.Name} to clsact {Direction} of {interfaceName}";
        if (stranger is not null)
            throw new BpfException($"{what}: priority {priority} belongs to {stranger}; remove it with: tc filter del dev {interfaceName} {Direction} pref {priority}", BpfException.AlreadyThere);
        return result == 0 ? madeQdisc : throw BpfException.For(what, -result, log);
    }

    /// <summary>Takes the program off.</summary>
    internal void Detach(bool withQdisc)
    {
        LibBpf.TcHook hook = Hook();
        LibBpf.TcOptions options = Options();
        BpfLog.Begin();
        _ = LibBpf.TcDetach(&hook, &options);
        if (withQdisc && !ClsactFilters.Any(interfaceIndex))
        {
            hook.AttachPoint = LibBpf.TcWholeQdisc;
            _ = LibBpf.TcHookDestroy(&hook);
        }

        _ = BpfLog.End();
    }

    /// <summary>The program that is there, which the caller closes; negative for none.</summary>
    internal int Open(out uint id)
    {
        LibBpf.TcHook hook = Hook();
        LibBpf.TcOptions options = Options();
        BpfLog.Begin();
        bool isThere = LibBpf.TcQuery(&hook, &options) == 0;
        _ = BpfLog.End();
        id = options.ProgramId;
        return isThere ? LibBpf.ProgramById(id) : -1;
    }

    private LibBpf.TcOptions Options() => new() { Size = (nuint)sizeof(LibBpf.TcOptions), Handle = Handle, Priority = priority };

    private LibBpf.TcHook Hook() =>
        new() { Size = (nuint)sizeof(LibBpf.TcHook), InterfaceIndex = interfaceIndex, AttachPoint = attachPoint };

    /// <summary>Name of the program that has our place and is not ours; null when the place is free or a leftover of ours.</summary>
    private string? Stranger(string own)
    {
        int fd = Open(out uint id);
        if (fd < 0)
            return null;
        string name = BpfProgram.NameOf(fd);
        _ = LibBpf.Close(fd);
        // The kernel keeps 15 characters of a name.
        return own.StartsWith(name, StringComparison.Ordinal) ? null : $"program {id} ({name})";
    }
}
