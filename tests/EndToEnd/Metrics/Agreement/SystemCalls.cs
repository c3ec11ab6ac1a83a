using System.Globalization;
using System.Text.RegularExpressions;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>The classes of system calls by their names, with the numbers that the kernel's header gives them here.</summary>
internal static partial class SystemCalls
{
    private const int Most = 512;

    private static readonly (string Class, string Names)[] Named =
    [
        ("read", "read readv pread64 preadv preadv2 getdents64"),
        ("write", "write writev pwrite64 pwritev pwritev2 fsync fdatasync sendfile splice copy_file_range"),
        ("poll", "poll ppoll select pselect6 epoll_wait epoll_pwait epoll_pwait2 io_uring_enter io_getevents"),
        ("socket", "socket socketpair bind listen accept accept4 connect sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown setsockopt getsockopt"),
        ("file", "open openat openat2 close stat fstat lstat newfstatat statx lseek fcntl ioctl dup dup2 dup3 pipe pipe2 access faccessat faccessat2 readlink readlinkat unlink unlinkat rename renameat2 mkdir mkdirat ftruncate"),
        ("memory", "mmap munmap mprotect mremap madvise brk msync"),
        ("process", "fork vfork clone clone3 execve execveat wait4 waitid kill tgkill rt_sigaction rt_sigprocmask"),
        ("time", "nanosleep clock_nanosleep clock_gettime gettimeofday timer_settime timerfd_settime"),
        ("lock", "futex flock"),
    ];

    /// <summary>Numbers by class; "other" has all that no other has.</summary>
    public static IReadOnlyDictionary<string, int[]> Classes { get; } = Read();

    private static Dictionary<string, int[]> Read()
    {
        string macros = Command.Run("cc", "-E", "-dM", "-include", "asm/unistd.h", "-x", "c", "/dev/null").Expect();
        Dictionary<string, int> numbers = Definition().Matches(macros)
            .ToDictionary(match => match.Groups["name"].Value, match => int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture));
        Dictionary<string, int[]> classes = Named.ToDictionary(
            entry => entry.Class, entry => (int[])[.. entry.Names.Split(' ').Where(numbers.ContainsKey).Select(name => numbers[name])]);
        classes["other"] = [.. Enumerable.Range(0, Most).Except(classes.Values.SelectMany(known => known))];
        return classes;
    }

    // Some architectures have numbers that differ by word size under a name of their own.
    [GeneratedRegex(@"^#define __NR(3264)?_(?<name>\w+) (?<number>\d+)$", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
