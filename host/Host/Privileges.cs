using System.Runtime.InteropServices;
using OppTel.Configuration;

namespace OppTel.Host;

/// <summary>A capability of this process. Source: <c>linux/capability.h</c>.</summary>
public enum Capability
{
    /// <summary>Opens what others may not read: cgroups by their number.</summary>
    DacReadSearch = 2,

    /// <summary>Attaches to interfaces.</summary>
    NetAdmin = 12,

    /// <summary>Opens packet sockets.</summary>
    NetRaw = 13,

    /// <summary>Opens perf events.</summary>
    Perfmon = 38,

    /// <summary>Makes maps and loads programs.</summary>
    Bpf = 39,
}

/// <summary>
/// What the daemon gives up once everything is attached: all capabilities but those with which it takes an interface again that
/// went away and came back, and names cgroups without a walk. Loading, tracing and all else that root may do is over then.
/// </summary>
internal static unsafe class Privileges
{
    private const uint TimeoutMilliseconds = 5000;
    private static readonly Capability[] Always = [Capability.DacReadSearch, Capability.NetAdmin, Capability.NetRaw];

    private static string LibraryPath => Path.Combine(AppContext.BaseDirectory, "lib", "libopptel_host.so");

    /// <summary>Gives up what is not needed any more, in all threads and for good. Returns what is kept.</summary>
    /// <param name="kernel">Everything attached; on kernels before 5.19 its maps take a capability to use.</param>
    /// <param name="configuration">What it asks for may need more.</param>
    /// <exception cref="OperatorException">A thread would not follow.</exception>
    public static IReadOnlyList<Capability> Drop(HostKernel kernel, HostConfiguration configuration)
    {
        nint library = Load();
        try
        {
            List<Capability> keep = [.. Always];
            // Each program that brings metrics gets a map of its own.
            if (configuration.Producers is not null || !Works(kernel, library))
                keep.Add(Capability.Bpf);
            // A CPU that comes online later gets its events then.
            if (kernel.Samplers.PerfEvents.Count > 0)
                keep.Add(Capability.Perfmon);
            var drop = (delegate* unmanaged<ulong, uint, int>)NativeLibrary.GetExport(library, "opptel_keep_capabilities");
            int result = drop(Mask(keep), TimeoutMilliseconds);
            if (result < 0)
                throw new OperatorException(ExitCode.System, $"cannot give up capabilities: {Marshal.GetPInvokeErrorMessage(-result)}");
            return keep;
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }

    /// <summary>Whether maps and programs that are loaded serve a thread that has nothing but what is always kept.</summary>
    private static bool Works(HostKernel kernel, nint library)
    {
        var drop = (delegate* unmanaged<ulong, int>)NativeLibrary.GetExport(library, "opptel_keep_own_capabilities");
        bool works = false;
        Thread thread = new(() => works = drop(Mask(Always)) == 0 && kernel.TryUse());
        thread.Start();
        thread.Join();
        return works;
    }

    private static ulong Mask(IEnumerable<Capability> capabilities) => capabilities.Aggregate(0ul, (mask, capability) => mask | (1ul << (int)capability));

    private static nint Load() => NativeLibrary.TryLoad(LibraryPath, out nint library)
        ? library
        : throw new OperatorException(ExitCode.Unavailable, $"cannot load {LibraryPath}; build it with scripts/build, or reinstall OppTel");
}
