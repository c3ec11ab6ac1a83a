using System.Reflection;
using System.Runtime.InteropServices;

namespace OppTel.Capture;

/// <summary>Every call into libpcap. Source: <c>pcap/pcap.h</c> of libpcap 1.10.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Style", "IDE1006", Justification = "The names are C's.")]
internal static unsafe partial class Native
{
    internal const int ErrorBufferSize = 256;
    internal const int PrecisionNanoseconds = 1;

    /// <summary>Result of <see cref="pcap_next_ex"/> for a packet.</summary>
    internal const int Packet = 1;

    /// <summary>Result of <see cref="pcap_next_ex"/> behind the last packet of a file.</summary>
    internal const int EndOfFile = -2;

    private const string Library = "pcap";

    /// <summary>The run-time names of the distributions: only a development package has the plain one.</summary>
    private static readonly string[] FileNames = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"];

    static Native() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);

    /// <summary>Source: <c>struct pcap_pkthdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PacketHeader
    {
        internal nint Seconds;
        internal nint Nanoseconds;
        internal uint CapturedLength;
        internal uint Length;
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint pcap_open_offline_with_tstamp_precision(string path, uint precision, byte* error);

    [LibraryImport(Library)]
    internal static partial int pcap_next_ex(nint capture, PacketHeader** header, byte** data);

    [LibraryImport(Library)]
    internal static partial int pcap_datalink(nint capture);

    [LibraryImport(Library)]
    internal static partial int pcap_snapshot(nint capture);

    [LibraryImport(Library)]
    internal static partial byte* pcap_geterr(nint capture);

    [LibraryImport(Library)]
    internal static partial void pcap_close(nint capture);

    internal static string Text(byte* message) => Marshal.PtrToStringUTF8((nint)message) ?? "";

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Library)
            return 0;
        foreach (string file in FileNames)
        {
            if (NativeLibrary.TryLoad(file, out nint handle))
                return handle;
        }

        return 0;
    }
}
