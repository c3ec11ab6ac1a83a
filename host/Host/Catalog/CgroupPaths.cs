using System.Globalization;

namespace OppTel.Host.Catalog;

/// <summary>Finds the path of a cgroup by its kernel id, through the file handle of the unified hierarchy's mount.</summary>
public sealed class CgroupPaths : IDisposable
{
    private readonly int mount;
    private readonly string root;

    /// <summary>Opens the unified hierarchy, wherever it is mounted.</summary>
    public CgroupPaths()
    {
        root = FindMount() ?? "";
        mount = root.Length == 0 ? -1 : Native.Open(root, Native.Directory);
    }

    /// <summary>The path below the hierarchy's root, or null when the id does not exist (any more).</summary>
    public string? Find(ulong id)
    {
        int fd = Native.OpenByHandle(mount, id);
        if (fd < 0)
            return null;
        try
        {
            string? path = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}")).LinkTarget;
            if (path is null || path.EndsWith(" (deleted)", StringComparison.Ordinal))
                return null;
            return path.StartsWith(root, StringComparison.Ordinal) ? (path.Length == root.Length ? "/" : path[root.Length..]) : path;
        }
        finally
        {
            _ = Native.Close(fd);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (mount >= 0)
            _ = Native.Close(mount);
    }

    // mountinfo: ... mount-point options - type source super-options
    private static string? FindMount() =>
        File.ReadLines("/proc/self/mountinfo")
            .Select(line => line.Split(' '))
            .Where(fields => Array.IndexOf(fields, "-") is int dash && dash > 0 && fields[dash + 1] == "cgroup2")
            .Select(fields => fields[4])
            .FirstOrDefault();
}
