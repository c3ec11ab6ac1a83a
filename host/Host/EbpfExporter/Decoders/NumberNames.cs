using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OppTel.Host.EbpfExporter.Decoders;

/// <summary>Names of system calls and errors by their numbers, from tables beside this file.</summary>
internal static class NumberNames
{
    private static readonly Lazy<FrozenDictionary<ulong, string>> LazySyscalls = new(() => Syscalls(RuntimeInformation.ProcessArchitecture));
    private static readonly Lazy<FrozenDictionary<ulong, string>> LazyErrors = new(() => Read("errnos.txt", 0));

    /// <summary>Name of a system call of this machine's own architecture; null for an unknown one.</summary>
    public static string? Syscall(ulong number) => LazySyscalls.Value.GetValueOrDefault(number);

    /// <summary>Name of an error such as ENOENT; null for an unknown one.</summary>
    public static string? Error(ulong number) => LazyErrors.Value.GetValueOrDefault(number);

    /// <summary>System calls of an architecture.</summary>
    internal static FrozenDictionary<ulong, string> Syscalls(Architecture architecture) => Read("syscalls.txt", architecture switch
    {
        Architecture.X64 => 0,
        Architecture.Arm64 => 1,
        Architecture other => throw new PlatformNotSupportedException($"the numbers of system calls on {other} are not known"),
    });

    /// <summary>Each line has numbers in columns, "-" for none, and a name at its end.</summary>
    private static FrozenDictionary<ulong, string> Read(string table, int column)
    {
        using Stream stream = typeof(NumberNames).Assembly.GetManifestResourceStream($"OppTel.Host.EbpfExporter.Decoders.{table}")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.Split(' '))
            .Where(fields => fields[column] != "-")
            .ToFrozenDictionary(fields => ulong.Parse(fields[column], CultureInfo.InvariantCulture), fields => fields[^1]);
    }
}
