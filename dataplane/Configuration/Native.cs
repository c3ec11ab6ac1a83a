using System.Runtime.InteropServices;

namespace OppTel.Configuration;

/// <summary>What of libc the runtime does not offer: when anything of a file changed, and who owns it.</summary>
internal static partial class Native
{
    private const int CurrentDirectory = -100;
    private const int StatusSize = 256;

    /// <summary>Looks at a file; false when it is not there. Allocates nothing. Source: <c>struct statx</c>, the same on every machine.</summary>
    /// <param name="path">UTF-8 with a zero behind it; a link counts as the file that it leads to.</param>
    /// <param name="status">What was found.</param>
    public static bool TryLook(ReadOnlySpan<byte> path, out FileStatus status)
    {
        const uint Basic = 0x7FF;
        Span<byte> found = stackalloc byte[StatusSize];
        found.Clear();
        bool isThere = StatX(CurrentDirectory, path, 0, Basic, found) == 0;
        status = !isThere ? default : new FileStatus(
            MemoryMarshal.Read<ulong>(found[32..]), MemoryMarshal.Read<long>(found[96..]), MemoryMarshal.Read<uint>(found[104..]),
            MemoryMarshal.Read<int>(found[20..]), MemoryMarshal.Read<int>(found[24..]));
        return isThere;
    }

    /// <summary>Gives a file to a user and a group; not 0 when the kernel refuses.</summary>
    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int ChangeOwner(string path, int user, int group);

    [LibraryImport("libc", EntryPoint = "statx")]
    private static partial int StatX(int directory, ReadOnlySpan<byte> path, int flags, uint mask, Span<byte> status);
}

/// <summary>What tells one state of a file from another, and who owns it.</summary>
/// <param name="Node">Number of the file.</param>
/// <param name="Seconds">When its bytes, mode or owner changed last: seconds of the real time clock.</param>
/// <param name="Nanoseconds">And the rest.</param>
/// <param name="User">Number of its owner.</param>
/// <param name="Group">Number of its group.</param>
internal readonly record struct FileStatus(ulong Node, long Seconds, uint Nanoseconds, int User, int Group);
