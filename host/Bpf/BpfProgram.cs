using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>What BPF_PROG_TEST_RUN returned.</summary>
/// <param name="Result">Return code of the program.</param>
/// <param name="Packet">The packet afterwards; empty for programs without one.</param>
/// <param name="NanosecondsPerRun">Mean over the repetitions.</param>
public readonly record struct TestRunResult(int Result, byte[] Packet, uint NanosecondsPerRun);

/// <summary>Runs that the kernel accounted to a program; times and counts stay zero while kernel.bpf_stats_enabled is off.</summary>
/// <param name="Nanoseconds">All runs together.</param>
/// <param name="Count">Number of runs.</param>
/// <param name="Misses">Times that the hook was passed without a run, because the program was running on that CPU already.</param>
public readonly record struct ProgramCost(ulong Nanoseconds, ulong Count, ulong Misses);

/// <summary>One program of an object; valid as long as the object.</summary>
public sealed unsafe class BpfProgram
{
    // Offsets within struct bpf_prog_info (UAPI).
    private const int InfoSize = 256;
    private const int NameOffset = 64;
    private const int RunTimeOffset = 192;
    private const int RunCountOffset = 200;
    private const int MissesOffset = 208;
    // More than any trailer.
    private const int GrowthSpace = 1024;
    private readonly nint handle;

    internal BpfProgram(string name, nint handle)
    {
        Name = name;
        this.handle = handle;
    }

    /// <summary>Name in the object.</summary>
    public string Name { get; }

    /// <summary>Name of the section that it is in, which says where it belongs.</summary>
    public string Section => Marshal.PtrToStringUTF8(LibBpf.ProgramSection(handle)) ?? "";

    /// <summary>Whether the kernel has it: sections can say that a program is loaded only when somebody asks for it.</summary>
    public bool IsLoaded => Fd >= 0;

    /// <summary>Whether libbpf makes nothing of its section.</summary>
    public bool IsUnknown => LibBpf.ProgramType(handle) == 0;

    internal int Fd => LibBpf.ProgramFd(handle);

    /// <summary>The name that the kernel keeps of a program, 15 characters at most; empty when it tells none.</summary>
    internal static string NameOf(int fd)
    {
        byte* info = stackalloc byte[InfoSize];
        new Span<byte>(info, InfoSize).Clear();
        uint length = InfoSize;
        return LibBpf.GetInfo(fd, info, &length) == 0 ? Marshal.PtrToStringUTF8((nint)(info + NameOffset)) ?? "" : "";
    }

    /// <summary>Run time and count of this program.</summary>
    public ProgramCost Cost
    {
        get
        {
            byte* info = stackalloc byte[InfoSize];
            new Span<byte>(info, InfoSize).Clear();
            uint length = InfoSize;
            return LibBpf.GetInfo(Fd, info, &length) == 0
                ? new ProgramCost(*(ulong*)(info + RunTimeOffset), *(ulong*)(info + RunCountOffset), *(ulong*)(info + MissesOffset))
                : default;
        }
    }

    /// <summary>Makes it a program for events of a CPU, whatever its section; only before the object is loaded.</summary>
    public void MakePerfEvent()
    {
        const uint perfEvent = 7;
        if (LibBpf.ProgramSetType(handle, perfEvent) != 0)
            throw BpfException.For($"cannot make {Name} a program for events", Marshal.GetLastPInvokeError());
    }

    /// <summary>Attaches a tracing program to the hook that its section names.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public BpfLink Attach()
    {
        nint link = LibBpf.ProgramAttach(handle);
        return link != 0 ? new BpfLink(link) : throw BpfException.For($"cannot attach {Name} to {Section}", Marshal.GetLastPInvokeError());
    }

    /// <summary>Attaches a program to the clock of one CPU.</summary>
    /// <param name="cpu">Number of an online CPU.</param>
    /// <param name="period">Time from one run to the next.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public BpfLink AttachToClock(int cpu, TimeSpan period) => AttachToEvent(cpu, PerfEventAttributes.Clock((ulong)period.Ticks * 100), "the clock");

    /// <summary>Attaches a program to an event of one CPU.</summary>
    /// <param name="cpu">Number of an online CPU.</param>
    /// <param name="attributes">Which event.</param>
    /// <param name="what">What a message calls it.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public BpfLink AttachToEvent(int cpu, PerfEventAttributes attributes, string what) => AttachToEvent(cpu, attributes, what, out _);

    /// <summary>Attaches a program to the clock of one CPU, which stands still.</summary>
    /// <param name="cpu">Number of an online CPU.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public BpfClock AttachToStillClock(int cpu)
    {
        // It goes from attaching to stopping, at a pace that nobody notices.
        BpfLink link = AttachToEvent(cpu, PerfEventAttributes.Clock(1_000_000_000), "the clock", out int fd);
        return new BpfClock(link, fd, cpu);
    }

    private BpfLink AttachToEvent(int cpu, PerfEventAttributes attributes, string what, out int fd)
    {
        fd = (int)LibBpf.PerfEventOpen(LibBpf.PerfEventOpenNumber, &attributes, -1, cpu, -1, LibBpf.PerfCloseOnExec);
        if (fd < 0)
            throw BpfException.For($"cannot open {what} of CPU {cpu} (perf_event_open)", Marshal.GetLastPInvokeError());
        // The link owns it from here on.
        nint link = LibBpf.ProgramAttachPerfEvent(handle, fd);
        int error = Marshal.GetLastPInvokeError();
        if (link != 0)
            return new BpfLink(link);
        _ = LibBpf.Close(fd);
        throw BpfException.For($"cannot attach {Name} to {what} of CPU {cpu}", error);
    }

    /// <summary>Attaches a program to the sockets of a cgroup and of those below it, beside the programs of others.</summary>
    /// <param name="folder">The cgroup's folder.</param>
    /// <exception cref="BpfException">The folder is none, or the kernel refused.</exception>
    public BpfLink AttachToCgroup(string folder)
    {
        int fd = LibBpf.Open(folder, LibBpf.CloseOnExec);
        if (fd < 0)
            throw BpfException.For($"cannot open the cgroup {folder}", Marshal.GetLastPInvokeError());
        nint link = LibBpf.ProgramAttachCgroup(handle, fd);
        int error = Marshal.GetLastPInvokeError();
        // The link holds the cgroup.
        _ = LibBpf.Close(fd);
        return link != 0 ? new BpfLink(link) : throw BpfException.For($"cannot attach {Name} to the cgroup {folder}", error);
    }

    /// <summary>Makes a program run for a cgroup and all below it, each time that the iterator is told to.</summary>
    /// <param name="folder">The cgroup's folder, in a hierarchy of either version.</param>
    /// <exception cref="BpfException">The folder is none, or the kernel refused.</exception>
    public CgroupIterator IterateCgroups(string folder) => CgroupIterator.Open(this, folder);

    /// <summary>Runs a program of type "syscall" once, with <paramref name="argument"/> as its context.</summary>
    public int Call<T>(T argument)
        where T : unmanaged
    {
        LibBpf.TestRunOptions options = new()
        {
            Size = (nuint)sizeof(LibBpf.TestRunOptions),
            ContextIn = &argument,
            ContextSizeIn = (uint)Unsafe.SizeOf<T>(),
        };
        int result = LibBpf.TestRun(Fd, &options);
        return result == 0 ? (int)options.Result : throw BpfException.For($"cannot run {Name}", Marshal.GetLastPInvokeError());
    }

    /// <summary>Runs a program of type "raw_tp" once on one CPU.</summary>
    /// <returns>What the program returned; null when the CPU is offline.</returns>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public int? RunOn(int cpu)
    {
        LibBpf.TestRunOptions options = new() { Size = (nuint)sizeof(LibBpf.TestRunOptions), Flags = LibBpf.TestRunOnCpu, Cpu = (uint)cpu };
        if (LibBpf.TestRun(Fd, &options) == 0)
            return (int)options.Result;
        int error = Marshal.GetLastPInvokeError();
        return error == BpfException.NoSuchDevice ? null : throw BpfException.For($"cannot run {Name} on CPU {cpu}", error);
    }

    /// <summary>Runs a TC program on a packet that stays in the kernel's test harness.</summary>
    /// <param name="packet">An Ethernet frame of 14 bytes at least.</param>
    /// <param name="context">A <c>struct __sk_buff</c> of 192 bytes, or empty.</param>
    /// <param name="repeat">Runs; the packet after the last one is returned.</param>
    public TestRunResult TestRun(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> context = default, int repeat = 1)
    {
        byte[] output = new byte[packet.Length + GrowthSpace];
        byte[] contextOut = new byte[Math.Max(1, context.Length)];
        fixed (byte* data = packet, result = output, input = context, changed = contextOut)
        {
            LibBpf.TestRunOptions options = new()
            {
                Size = (nuint)sizeof(LibBpf.TestRunOptions),
                DataIn = data,
                DataSizeIn = (uint)packet.Length,
                DataOut = result,
                DataSizeOut = (uint)output.Length,
                ContextIn = context.IsEmpty ? null : input,
                ContextSizeIn = (uint)context.Length,
                ContextOut = context.IsEmpty ? null : changed,
                ContextSizeOut = (uint)context.Length,
                Repeat = repeat,
            };
            if (LibBpf.TestRun(Fd, &options) != 0)
                throw BpfException.For($"cannot test-run {Name}", Marshal.GetLastPInvokeError());
            return new TestRunResult((int)options.Result, output[..(int)options.DataSizeOut], options.Duration);
        }
    }
}

/// <summary>A program at its hook; detached when disposed or when the process ends.</summary>
public sealed class BpfLink : IDisposable
{
    private nint handle;

    internal BpfLink(nint handle) => this.handle = handle;

    /// <summary>Detaches.</summary>
    public void Dispose()
    {
        if (handle == 0)
            return;
        _ = LibBpf.LinkDestroy(handle);
        handle = 0;
    }
}
