using System.Diagnostics;
using System.Globalization;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>A cgroup of the unified hierarchy and, where the memory controller has another one, its twin there.</summary>
internal sealed class MemoryCgroup : IDisposable
{
    private readonly TestCgroup unified = new();
    private readonly string path;

    public MemoryCgroup()
    {
        path = Path.Combine(Hierarchy.Root, Path.GetFileName(unified.Path));
        if (Hierarchy.IsApart)
            Directory.CreateDirectory(path);
        else
            File.WriteAllText(Path.Combine(Hierarchy.Root, "cgroup.subtree_control"), "+memory");
    }

    public MemoryHierarchy Hierarchy { get; } = MemoryHierarchy.Find();

    /// <summary>In the unified hierarchy.</summary>
    public ulong Id => unified.Id;

    public string UnifiedPath => unified.Path;

    /// <summary>Bytes.</summary>
    public long Usage => long.Parse(Text("memory.usage_in_bytes", "memory.current"), CultureInfo.InvariantCulture);

    public long Kills => long.Parse(
        Text("memory.oom_control", "memory.events.local").Split('\n').Single(line => line.StartsWith("oom_kill ", StringComparison.Ordinal)).Split(' ')[1],
        CultureInfo.InvariantCulture);

    /// <summary>Sets the limit in bytes; -1 for none.</summary>
    public void Limit(long bytes) =>
        File.WriteAllText(Path.Combine(path, Name("memory.limit_in_bytes", "memory.max")), bytes < 0 && !Hierarchy.IsApart ? "max" : $"{bytes}");

    /// <summary>A Perl script in the cgroup.</summary>
    public Process Start(string script)
    {
        ProcessStartInfo start = new("sh", ["-c", $"{Enter}; exec perl -e '$|=1;{script}'"]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        return Process.Start(start) ?? throw new InvalidOperationException("cannot start sh");
    }

    /// <summary>Has a process killed for lack of memory.</summary>
    public void Exhaust()
    {
        Limit(20 << 20);
        // Otherwise a machine with swap finds room there; one without may lack the files.
        foreach (string file in ((string[])["memory.memsw.limit_in_bytes", "memory.swap.max"]).Select(name => Path.Combine(path, name)).Where(File.Exists))
            File.WriteAllText(file, Hierarchy.IsApart ? $"{20 << 20}" : "0");
        using Process process = Start("$x=chr(1)x(64<<20)");
        process.WaitForExit();
        Assert.Equal(128 + 9, process.ExitCode);
    }

    /// <summary>Runs something while this process is in the cgroup, so that the sockets that it makes are of the cgroup.</summary>
    public void Inside(Action action)
    {
        // The test run's sockets are made anew for each run: what counts is where the process is now.
        string root = Path.GetDirectoryName(unified.Path)!, home = File.ReadLines("/proc/self/cgroup").Single(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        File.WriteAllText(Path.Combine(unified.Path, "cgroup.procs"), "0");
        try
        {
            action();
        }
        finally
        {
            File.WriteAllText(Path.Combine(root + home, "cgroup.procs"), "0");
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(path) && Hierarchy.IsApart)
            Wait.Until(() => TryRemove(path), $"{path} is removed");
        if (Directory.Exists(unified.Path))
            unified.Dispose();
    }

    private string Enter => string.Join("; ", ((string[])[unified.Path, path]).Distinct().Select(folder => $"echo $$ > {folder}/cgroup.procs"));

    private static bool TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (IOException)
        {
            // A dying process still stands in it.
            return false;
        }
    }

    private string Name(string first, string second) => Hierarchy.IsApart ? first : second;

    private string Text(string first, string second) => File.ReadAllText(Path.Combine(path, Name(first, second))).TrimEnd();
}
