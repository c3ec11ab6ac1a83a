using System.Globalization;
using OppTel.Host.Catalog;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Labels of real cgroups and processes of this machine.</summary>
public sealed class EntityLabelsTests : IDisposable
{
    private const string Container = "3f4d5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7081";
    private const string Pod = "6f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f";
    private readonly string slice = Path.Combine(
        File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).First(fields => fields[2] == "cgroup2")[1],
        $"opptel{Environment.ProcessId}.slice");

    private readonly string logs = Directory.CreateTempSubdirectory("opptel-kubelet-").FullName;
    private readonly CgroupPaths cgroups = new();

    public void Dispose()
    {
        cgroups.Dispose();
        Directory.Delete(logs, recursive: true);
        foreach (string folder in Directory.Exists(slice) ? [.. Directory.GetDirectories(slice), slice] : (string[])[])
            Directory.Delete(folder);
    }

    /// <summary>Who may nest cgroups chooses how long a path is; the catalog has a bound, and the end of a path says most.</summary>
    [Fact]
    public void OfALongPathTheEndIsKept()
    {
        string cgroup = slice, name = new('é', 100);
        List<string> nested = [];
        for (int depth = 0; depth < 4; depth++)
            nested.Add(cgroup = Directory.CreateDirectory(Path.Combine(cgroup, $"{depth}{name}")).FullName);
        try
        {
            ulong id = ulong.Parse(Command("stat", "--format=%i", cgroup), CultureInfo.InvariantCulture);
            string label = new EntityLabels(cgroups, new KubeletLogs(logs)).ForCgroup(id)["cgroup"];
            Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(label), EntityLabels.LongestValue - 3, EntityLabels.LongestValue);
            Assert.StartsWith("...é", label, StringComparison.Ordinal);
            Assert.EndsWith($"/2{name}/3{name}", label, StringComparison.Ordinal);
        }
        finally
        {
            nested.Reverse();
            nested.ForEach(Directory.Delete);
        }
    }

    [Fact]
    public void AContainerOfAPodHasItsNamesAsSoonAsTheKubeletKeepsItsLogs()
    {
        string cgroup = Directory.CreateDirectory(Path.Combine(slice, $"kubepods-pod{Pod}.slice:crio:{Container}")).FullName;
        ulong id = ulong.Parse(Command("stat", "--format=%i", cgroup), CultureInfo.InvariantCulture);
        EntityLabels labels = new(cgroups, new KubeletLogs(logs));
        Dictionary<string, string> expected = new()
        {
            ["cgroup"] = $"/{Path.GetFileName(slice)}/{Path.GetFileName(cgroup)}",
            ["container_id"] = Container,
            ["container_runtime_name"] = "cri-o",
            ["k8s_pod_uid"] = Pod,
        };
        Assert.Equal(expected, labels.ForCgroup(id).ToDictionary());

        Directory.CreateDirectory(Path.Combine(logs, "pods", $"shop_cart-1_{Pod}"));
        Directory.CreateDirectory(Path.Combine(logs, "containers"));
        File.WriteAllText(Path.Combine(logs, "containers", $"cart-1_shop_web-{Container}.log"), "");
        expected["k8s_namespace_name"] = "shop";
        expected["k8s_pod_name"] = "cart-1";
        expected["k8s_container_name"] = "web";
        Assert.Equal(expected, labels.ForCgroup(id).ToDictionary());
    }

    [Fact]
    public void AProcessThatNoEventToldOfIsDescribedByProc()
    {
        string cgroup = File.ReadLines("/proc/self/cgroup").First(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        Dictionary<string, string> expected = new()
        {
            ["cgroup"] = cgroup,
            ["process_executable_name"] = File.ReadAllText("/proc/self/comm").TrimEnd('\n'),
            ["process_pid"] = $"{Environment.ProcessId}",
        };
        Assert.Equal(expected, EntityLabels.ForProcess((ulong)Environment.ProcessId).ToDictionary());
    }

    private static string Command(string program, params string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
