using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>A BPF object file: opened, sized, loaded into the kernel, and gone when disposed.</summary>
public sealed class BpfObject : IDisposable
{
    private const string KernelTypes = "/sys/kernel/btf/vmlinux";
    private readonly string path;
    private nint handle;

    private BpfObject(string path, nint handle)
    {
        this.path = path;
        this.handle = handle;
    }

    /// <summary>CPUs that this machine could ever have; per-CPU arrays need that many entries.</summary>
    public static int PossibleCpus => LibBpf.PossibleCpus();

    /// <summary>Has the kernel account run time and count of all programs of this machine, until disposed.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static IDisposable AccountRuns()
    {
        int fd = LibBpf.EnableStatistics(0);
        return fd >= 0 ? new Accounting(fd) : throw BpfException.For("cannot have BPF programs accounted", Marshal.GetLastPInvokeError());
    }

    /// <summary>Opens an object file; nothing is loaded yet.</summary>
    /// <exception cref="BpfException">libbpf is missing, or the file is.</exception>
    public static BpfObject Open(string path)
    {
        if (!File.Exists(path))
            throw new BpfException($"the BPF object {path} is missing; build it with scripts/build, or name its folder in bpf_directory", BpfException.NoEntry);
        try
        {
            BpfLog.Begin();
            nint handle = LibBpf.ObjectOpen(path, 0);
            int error = Marshal.GetLastPInvokeError();
            string log = BpfLog.End();
            return handle != 0 ? new BpfObject(path, handle) : throw BpfException.For($"cannot open the BPF object {path}", error, log);
        }
        catch (DllNotFoundException exception)
        {
            throw new BpfException("libbpf.so.1 is missing; install it with: apt-get install libbpf1", BpfException.NoEntry, exception);
        }
    }

    /// <summary>Takes the maps that another, loaded object has under the same name; only before this one is loaded.</summary>
    /// <exception cref="BpfException">A map has another shape there.</exception>
    public void ShareMaps(BpfObject owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        for (nint map = LibBpf.NextMap(handle, 0); map != 0; map = LibBpf.NextMap(handle, map))
        {
            string name = Marshal.PtrToStringUTF8(LibBpf.MapName(map)) ?? "";
            nint shared = LibBpf.FindMap(owner.handle, name);
            if (shared != 0 && LibBpf.ReuseMap(map, LibBpf.MapFd(shared)) != 0)
                throw BpfException.For($"{path} cannot use the map {name} of {owner.path}", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Sets a constant of the programs, a number or an array of numbers; only before the object is loaded.</summary>
    /// <param name="name">Of a <c>const volatile __u32</c>.</param>
    /// <param name="values">One for each element.</param>
    /// <exception cref="BpfException">The object has no such constant, or one of another size.</exception>
    public unsafe void SetConstant(string name, params ReadOnlySpan<uint> values)
    {
        const string section = ".rodata";
        nint map = LibBpf.FindMap(handle, section);
        if (map == 0 || Btf().Variable(section, name) is not { } variable)
            throw new BpfException($"{path} has no constant {name}; use programs of one release");
        if (variable.Size != values.Length * sizeof(uint))
            throw new BpfException($"{path}: {name} has {variable.Size} bytes, not {values.Length * sizeof(uint)}; use programs of one release");
        nuint size;
        byte* memory = LibBpf.MapInitialValue(map, &size);
        values.CopyTo(new Span<uint>(memory + variable.Offset, values.Length));
    }

    /// <summary>Loads maps and programs.</summary>
    /// <exception cref="BpfException">The kernel refused; quotes the end of the verifier's log.</exception>
    public void Load()
    {
        BpfLog.Begin();
        int result = LibBpf.ObjectLoad(handle);
        string log = BpfLog.End();
        if (result == 0)
            return;
        string types = File.Exists(KernelTypes) ? "" : $" (there is no {KernelTypes}: the samplers need a kernel with CONFIG_DEBUG_INFO_BTF)";
        throw BpfException.For($"the kernel refused to load {path}{types}", -result, log);
    }

    /// <summary>A map by its name in the object.</summary>
    public BpfMap Map(string name)
    {
        nint map = LibBpf.FindMap(handle, name);
        return map != 0 ? new BpfMap(name, map) : throw new BpfException($"{path} has no map {name}; use programs of one release");
    }

    /// <summary>A map by its name in the object; null when there is none.</summary>
    public BpfMap? FindMap(string name)
    {
        nint map = LibBpf.FindMap(handle, name);
        return map != 0 ? new BpfMap(name, map) : null;
    }

    /// <summary>All programs of the object, in its order.</summary>
    public IReadOnlyList<BpfProgram> Programs()
    {
        List<BpfProgram> programs = [];
        for (nint program = LibBpf.NextProgram(handle, 0); program != 0; program = LibBpf.NextProgram(handle, program))
            programs.Add(new BpfProgram(Marshal.PtrToStringUTF8(LibBpf.ProgramName(program)) ?? "", program));
        return programs;
    }

    /// <summary>A program by its name in the object.</summary>
    public BpfProgram Program(string name)
    {
        nint program = LibBpf.FindProgram(handle, name);
        return program != 0 ? new BpfProgram(name, program) : throw new BpfException($"{path} has no program {name}; use programs of one release");
    }

    /// <summary>The object's own type information.</summary>
    public Btf Btf() => new(LibBpf.ObjectBtf(handle));

    /// <summary>Unloads everything that nothing else holds.</summary>
    public void Dispose()
    {
        if (handle == 0)
            return;
        LibBpf.ObjectClose(handle);
        handle = 0;
    }

    private sealed class Accounting(int fd) : IDisposable
    {
        private int fd = fd;

        public void Dispose()
        {
            if (fd > 0)
                _ = LibBpf.Close(fd);
            fd = 0;
        }
    }
}
