using System.Runtime.InteropServices;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>System calls that fail, and that the programs of these tests count; see events.bpf.h.</summary>
internal static partial class TestEvents
{
    /// <summary>The tests of these programs run one after the other: they see each other's events.</summary>
    public const string Collection = "ebpf_exporter";

    private const int Fd = -7777;

    /// <summary>Causes an event.</summary>
    public static void Cause(int kind, ulong value) => Assert.Equal(-1, Seek(Fd, (long)value, kind));

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(int fd, long offset, int whence);
}
