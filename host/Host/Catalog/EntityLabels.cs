using System.Globalization;
using OppTel.Bpf;

namespace OppTel.Host.Catalog;

/// <summary>Makes the metric labels of entities.</summary>
/// <param name="cgroups">Finds cgroup paths.</param>
public sealed class EntityLabels(CgroupPaths cgroups)
{
    private const string Other = "other";

    /// <summary>Labels of an entity; the command is the process's.</summary>
    public IReadOnlyDictionary<string, string> For(EntityKind kind, ulong id, ulong cgroup, string command)
    {
        string path = cgroups.Find(kind == EntityKind.Cgroup ? id : cgroup) ?? $"id:{(kind == EntityKind.Cgroup ? id : cgroup)}";
        return kind == EntityKind.Cgroup
            ? new SortedDictionary<string, string>(StringComparer.Ordinal) { ["cgroup"] = path }
            : new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["cgroup"] = path,
                ["process_executable_name"] = command,
                ["process_pid"] = id.ToString(CultureInfo.InvariantCulture),
            };
    }

    /// <summary>Labels of the block that takes what found none of its own.</summary>
    public static IReadOnlyDictionary<string, string> ForOther(EntityKind kind) =>
        kind == EntityKind.Cgroup
            ? new SortedDictionary<string, string>(StringComparer.Ordinal) { ["cgroup"] = Other }
            : new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["cgroup"] = Other,
                ["process_executable_name"] = Other,
                ["process_pid"] = Other,
            };

    /// <summary>Command name of a process that no event told of, from /proc.</summary>
    public static string CommandOf(ulong pid)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/comm")).TrimEnd('\n');
        }
        catch (IOException)
        {
            // It ended before it could be asked: its series ends with it.
            return "";
        }
    }
}
