using System.Runtime.InteropServices;

namespace OppTel.Segment;

/// <summary>The libc calls that .NET has no words for.</summary>
internal static partial class Native
{
    internal const int ClockBoottime = 7;

    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    internal static partial int ClockGettime(int clock, out Timespec time);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Chown(string path, uint owner, uint group);
}
