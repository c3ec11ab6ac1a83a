using System.Runtime.InteropServices;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Functions of libc that only tests call.</summary>
internal static unsafe partial class TestLibc
{
    public const int SignalStop = 19;
    public const int SignalContinue = 18;

    /// <summary>CLOCK_BOOTTIME in nanoseconds.</summary>
    public static ulong Boottime => Time(7);

    /// <summary>CPU time of the calling thread in nanoseconds.</summary>
    public static ulong ThreadTime => Time(3);

    /// <summary>Keeps the calling thread on one CPU.</summary>
    public static void Pin(int cpu)
    {
        ulong* mask = stackalloc ulong[16];
        new Span<ulong>(mask, 16).Clear();
        mask[cpu / 64] = 1ul << (cpu % 64);
        Check(SetAffinity(0, 16 * sizeof(ulong), mask), $"pin to CPU {cpu}");
    }

    /// <summary>Sends a signal to a process.</summary>
    public static void Signal(int process, int signal) => Check(Kill(process, signal), $"signal {process}");

    /// <summary>The kernel's number of the calling thread.</summary>
    public static int ThreadId => GetThreadId();

    /// <summary>Moves the calling thread into a network namespace of its own.</summary>
    public static void EnterNewNetwork() => Check(Unshare(0x40000000), "make a network namespace");

    /// <summary>Takes all capabilities from the calling thread, for good.</summary>
    public static void DropCapabilities()
    {
        CapabilityHeader header = new() { Version = 0x20080522 };
        uint* sets = stackalloc uint[6];
        new Span<uint>(sets, 6).Clear();
        Check(SetCapabilities(&header, sets), "drop capabilities");
    }

    /// <summary>A non-blocking packet socket for all frames of an interface, with a large buffer.</summary>
    public static int OpenPacketSocket(string interfaceName, bool offload)
    {
        const int AllProtocols = 0x0300, NonBlocking = 0x800, ForcedReceiveBuffer = 33, IgnoreOutgoing = 23, VirtioHeader = 15;
        int socket = Socket(17, 3 | NonBlocking, AllProtocols), size = 64 << 20, on = 1;
        Check(Math.Min(socket, 0), "open a packet socket");
        Check(SetOption(socket, 1, ForcedReceiveBuffer, &size, sizeof(int)), "enlarge the buffer");
        Check(SetOption(socket, 263, IgnoreOutgoing, &on, sizeof(int)), "ignore own frames");
        if (offload)
            Check(SetOption(socket, 263, VirtioHeader, &on, sizeof(int)), "send offload headers");
        LinkAddress address = new() { Family = 17, Protocol = AllProtocols, Interface = InterfaceIndex(interfaceName) };
        Check(Bind(socket, &address, sizeof(LinkAddress)), $"bind to {interfaceName}");
        return socket;
    }

    /// <summary>Index of an interface in the calling thread's namespace.</summary>
    public static int InterfaceIndex(string name)
    {
        int index = NameToIndex(name);
        Assert.True(index > 0, $"no interface {name}");
        return index;
    }

    /// <summary>Whether the calling thread's namespace has an interface.</summary>
    public static bool HasInterface(string name) => NameToIndex(name) > 0;

    /// <summary>Sends a whole frame.</summary>
    public static void Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes)
            Check(SendTo(socket, data, (nuint)bytes.Length, 0, 0, 0) == bytes.Length ? 0 : -1, $"send {bytes.Length} bytes");
    }

    /// <summary>Receives a frame; negative when none waits.</summary>
    public static int Receive(int socket, Span<byte> bytes)
    {
        fixed (byte* data = bytes)
            return (int)ReceiveFrom(socket, data, (nuint)bytes.Length, 0, 0, 0);
    }

    /// <summary>Closes a descriptor.</summary>
    public static void CloseDescriptor(int descriptor) => Check(Close(descriptor), "close");

    /// <summary>Inode number of a path.</summary>
    public static ulong Inode(string path)
    {
        const int BasicStatistics = 0x7FF, InodeOffset = 32;
        byte* status = stackalloc byte[256];
        Check(Status(-100, path, 0, BasicStatistics, status), $"look at {path}");
        return *(ulong*)(status + InodeOffset);
    }

    /// <summary>Opens an event of a CPU by a <c>struct perf_event_attr</c> of 64 bytes. Returns a descriptor, or the error number as a negative one.</summary>
    public static int OpenEvent(uint type, ulong config, int cpu)
    {
        ulong* attributes = stackalloc ulong[8];
        new Span<ulong>(attributes, 8).Clear();
        attributes[0] = type | (64ul << 32);
        attributes[1] = config;
        nint number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 241 : 298;
        int descriptor = (int)SystemCall(number, attributes, -1, cpu, -1, 0);
        return descriptor < 0 ? -Marshal.GetLastPInvokeError() : descriptor;
    }

    /// <summary>Reads the number that an event's descriptor gives.</summary>
    public static ulong ReadNumber(int descriptor)
    {
        ulong value;
        Check(ReadFrom(descriptor, &value, sizeof(ulong)) == sizeof(ulong) ? 0 : -1, "read an event");
        return value;
    }

    private static ulong Time(int clock)
    {
        long* time = stackalloc long[2];
        Check(GetTime(clock, time), "read the clock");
        return ((ulong)time[0] * 1_000_000_000) + (ulong)time[1];
    }

    private static void Check(int result, string what) =>
        Assert.True(result == 0, $"cannot {what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, ulong* attributes, int process, int cpu, int group, ulong flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFrom(int descriptor, void* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "capset", SetLastError = true)]
    private static partial int SetCapabilities(CapabilityHeader* header, uint* sets);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int socket, int level, int option, void* value, int length);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int socket, LinkAddress* address, int length);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    private static partial nint SendTo(int socket, byte* data, nuint length, int flags, nint address, int addressLength);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    private static partial nint ReceiveFrom(int socket, byte* data, nuint length, int flags, nint address, nint addressLength);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NameToIndex(string name);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, long* time);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint size, ulong* mask);

    [StructLayout(LayoutKind.Sequential)]
    private struct CapabilityHeader
    {
        internal uint Version;
        internal int Thread;
    }

    [StructLayout(LayoutKind.Sequential, Size = 20)]
    private struct LinkAddress
    {
        internal ushort Family;
        internal ushort Protocol;
        internal int Interface;
    }
}
