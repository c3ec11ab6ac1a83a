using System.Globalization;
using System.Runtime.InteropServices;

namespace OppTel.Host.Catalog;

/// <summary>
/// Finds the path of a cgroup by its kernel id: through the file handle of the hierarchy's mount, or, without the
/// capability for that (CAP_DAC_READ_SEARCH), through a walk over the hierarchy.
/// </summary>
public sealed class CgroupPaths : IDisposable
{
    private const int NotPermitted = 1;
    private const long WalkInterval = 1000;
    private static readonly EnumerationOptions Whole = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };
    private readonly int mount;
    private readonly string root;
    private Dictionary<ulong, string> walked = [];
    private long walkedAt = -WalkInterval;

    /// <summary>Opens the unified hierarchy, wherever it is mounted.</summary>
    public CgroupPaths()
        : this(FindMount() ?? "")
    {
    }

    /// <summary>Opens a hierarchy of either version, in which ids are its own.</summary>
    /// <param name="root">Where it is mounted; empty where it is not.</param>
    public CgroupPaths(string root)
    {
        this.root = root;
        mount = root.Length == 0 ? -1 : Native.Open(root, Native.Directory);
    }

    /// <summary>Whether the hierarchy is mounted here: otherwise nothing is found, whether it exists or not.</summary>
    public bool IsMounted => mount >= 0;

    /// <summary>The path below the hierarchy's root, or null when the id does not exist (any more).</summary>
    public string? Find(ulong id)
    {
        if (!IsMounted)
            return null;
        int fd = Native.OpenByHandle(mount, id);
        if (fd < 0)
            return Marshal.GetLastPInvokeError() == NotPermitted ? Walk(id) : null;
        try
        {
            string? path = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}")).LinkTarget;
            return path is null || path.EndsWith(" (deleted)", StringComparison.Ordinal) ? null : BelowRoot(path);
        }
        finally
        {
            _ = Native.Close(fd);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsMounted)
            _ = Native.Close(mount);
    }

    /// <summary>Where the unified hierarchy is mounted, or null.</summary>
    public static string? FindMount() => FindMount("cgroup2", "");

    /// <summary>Where a hierarchy is mounted, or null.</summary>
    /// <param name="type">"cgroup2", or "cgroup" for one of version 1.</param>
    /// <param name="option">What its mount has among its options, such as a controller; empty for anything.</param>
    /// <remarks>mountinfo: ... mount-point options - type source super-options.</remarks>
    public static string? FindMount(string type, string option) =>
        File.ReadLines("/proc/self/mountinfo")
            .Select(line => line.Split(' '))
            .Where(fields => Array.IndexOf(fields, "-") is int dash && dash > 0 && fields[dash + 1] == type
                && (option.Length == 0 || fields[^1].Split(',').Contains(option)))
            .Select(fields => fields[4])
            .FirstOrDefault();

    private string? Walk(ulong id)
    {
        if (walked.TryGetValue(id, out string? path) && Native.Inode(path) == id)
            return BelowRoot(path);
        long now = Environment.TickCount64;
        if (now - walkedAt < WalkInterval)
            return null;
        walkedAt = now;
        // The id of a cgroup is the inode of its directory.
        walked = Directory.EnumerateDirectories(root, "*", Whole).Prepend(root)
            .Select(folder => (Id: Native.Inode(folder), Path: folder))
            .Where(cgroup => cgroup.Id != 0)
            .DistinctBy(cgroup => cgroup.Id)
            .ToDictionary(cgroup => cgroup.Id, cgroup => cgroup.Path);
        return walked.TryGetValue(id, out path) ? BelowRoot(path) : null;
    }

    private string BelowRoot(string path) =>
        path.StartsWith(root, StringComparison.Ordinal) ? (path.Length == root.Length ? "/" : path[root.Length..]) : path;
}
