using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>A perf event that one CPU counts, whatever runs there; closed when disposed.</summary>
public sealed unsafe class PerfCounter : IDisposable
{
    private PerfCounter(int fd) => Fd = fd;

    internal int Fd { get; private set; }

    /// <summary>Opens an event; null when the kernel refuses.</summary>
    /// <param name="type"><c>enum perf_type_id</c>.</param>
    /// <param name="config">The event among those of this type.</param>
    /// <param name="cpu">An online one.</param>
    /// <param name="error">The kernel's error number; 0 for none.</param>
    public static PerfCounter? TryOpen(uint type, ulong config, int cpu, out int error)
    {
        PerfEventAttributes attributes = PerfEventAttributes.Counter(type, config);
        int fd = (int)LibBpf.PerfEventOpen(LibBpf.PerfEventOpenNumber, &attributes, -1, cpu, -1, LibBpf.PerfCloseOnExec);
        error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        return fd < 0 ? null : new PerfCounter(fd);
    }

    /// <summary>Closes it; a map that it is in loses it.</summary>
    public void Dispose()
    {
        if (Fd >= 0)
            _ = LibBpf.Close(Fd);
        Fd = -1;
    }
}
