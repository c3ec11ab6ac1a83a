using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>A cgroup of the unified hierarchy, or of the old one of a controller, for the length of a test.</summary>
internal sealed class Cgroup : IDisposable
{
    /// <param name="name">Of the cgroup, below the root.</param>
    /// <param name="controller">Of an old hierarchy; where there is none, or it is empty, the cgroup is one of the unified hierarchy.</param>
    public Cgroup(string name, string controller = "")
    {
        string[][] mounts = [.. File.ReadLines("/proc/mounts").Select(line => line.Split(' '))];
        string[]? old = controller.Length == 0 ? null : mounts.FirstOrDefault(fields => fields[2] == "cgroup" && fields[3].Split(',').Contains(controller));
        IsOld = old is not null;
        Folder = Path.Combine((old ?? mounts.First(fields => fields[2] == "cgroup2"))[1], name);
        Directory.CreateDirectory(Folder);
    }

    public string Folder { get; }

    /// <summary>Whether it is one of an old hierarchy.</summary>
    public bool IsOld { get; }

    public void Dispose() => Poll.Until($"{Folder} to be empty", () =>
    {
        Directory.Delete(Folder);
        return true;
    });
}
