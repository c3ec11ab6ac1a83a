using System.Runtime.InteropServices;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Functions of libc that only tests call.</summary>
internal static unsafe partial class TestLibc
{
    public const int SignalStop = 19;
    public const int SignalContinue = 18;

    /// <summary>CLOCK_BOOTTIME in nanoseconds.</summary>
    public static ulong Boottime
    {
        get
        {
            long* time = stackalloc long[2];
            Check(GetTime(7, time), "read the clock");
            return ((ulong)time[0] * 1_000_000_000) + (ulong)time[1];
        }
    }

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

    /// <summary>Inode number of a path.</summary>
    public static ulong Inode(string path)
    {
        const int BasicStatistics = 0x7FF, InodeOffset = 32;
        byte* status = stackalloc byte[256];
        Check(Status(-100, path, 0, BasicStatistics, status), $"look at {path}");
        return *(ulong*)(status + InodeOffset);
    }

    private static void Check(int result, string what) =>
        Assert.True(result == 0, $"cannot {what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, long* time);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint size, ulong* mask);
}
