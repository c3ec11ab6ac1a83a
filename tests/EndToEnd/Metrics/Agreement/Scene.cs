using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>A testbed with all samplers, things to load, and a recorder beside them. Everything goes with it.</summary>
internal sealed class Scene : IDisposable
{
    /// <summary>Names of the cgroups: of those who burn CPU time, and of the clients on the network.</summary>
    public const string Burners = "burners", Clients = "clients";

    private const string Burn = "kill -STOP $$; while :; do :; done";
    private const string Bursts = "kill STOP, $$; while (1) { $n = 0; $n++ while $n < 100000; select undef, undef, undef, 0.01 }";
    private readonly Stack<IDisposable> owned = new();
    private readonly Dictionary<string, int> processes = [];
    private readonly Dictionary<string, string> cgroups = [];

    /// <summary>Starts everything; what burns CPU time has stopped itself.</summary>
    public Scene()
    {
        try
        {
            Disk = Own(new LoopDisk(64));
            Swap = Own(new LoopDisk(48));
            Command.Run("mkswap", Swap.Path).Expect();
            foreach (string name in (string[])[Burners, Clients])
                cgroups[name] = Own(new Cgroup($"opptel-{name}-{Environment.ProcessId}")).Folder;
            Testbed = Own(new Testbed());
            File.AppendAllText(Testbed["host.yaml"], "samplers: { syscalls: true }\nlimits: { disks: 32 }\n");
            // First at the hooks: what each takes there is in the times of both.
            Recorder = Own(new Recorder(AppContext.BaseDirectory, Disk.Id));
            Testbed.StartAll();
            Start();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Testbed Testbed { get; } = null!;

    /// <summary>What is read and written.</summary>
    public LoopDisk Disk { get; } = null!;

    /// <summary>What memory is swapped to.</summary>
    public LoopDisk Swap { get; } = null!;

    public Recorder Recorder { get; } = null!;

    /// <summary>Connections that the load did not wait for.</summary>
    public int GivenUp { get; set; }

    /// <summary>Processes of which each metric is compared, by name.</summary>
    public IReadOnlyDictionary<string, int> Processes => processes;

    /// <summary>Folders of the cgroups by name.</summary>
    public IReadOnlyDictionary<string, string> Cgroups => cgroups;

    /// <summary>A cgroup as its label says it.</summary>
    public string LabelOf(string cgroup) => $"/{Path.GetFileName(cgroups[cgroup])}";

    /// <summary>
    /// Labels of a process. What it was called before it became what it is has series of its own, which stay for a while.
    /// </summary>
    public (string Name, string Value)[] LabelsOf(int process) =>
        [("process_pid", $"{process}"), ("process_executable_name", File.ReadAllText($"/proc/{process}/comm").TrimEnd()), ("cgroup", LabelOf(Burners))];

    /// <summary>Starts a command in a namespace and a cgroup.</summary>
    public RunningProgram StartIn(string cgroup, string role, string command) =>
        Testbed.Start(role, "sh", "-c", $"echo $$ > /sys/fs/cgroup{LabelOf(cgroup)}/cgroup.procs; {command}");

    /// <summary>Lets the processes run, or stops them.</summary>
    public void Signal(string signal) => Command.Run("kill", [$"-{signal}", .. processes.Values.Select(id => $"{id}")]).Expect();

    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? one))
            one.Dispose();
    }

    private void Start()
    {
        _ = Testbed.Start("host", "nginx", "-c", Testbed["nginx.conf"], "-p", Testbed[""]);
        _ = Testbed.Start("host", "redis-server", "--bind", Testbed.HostAddress, "--save", "", "--protected-mode", "no");
        // One that has a CPU, two that share the other one, one that sleeps most of the time.
        int last = Environment.ProcessorCount - 1;
        processes["alone"] = StartIn(Burners, "host", $"exec taskset -c 0 sh -c '{Burn}'").Id;
        processes["shared"] = StartIn(Burners, "host", $"exec taskset -c {last} sh -c '{Burn}'").Id;
        processes["sharing"] = StartIn(Burners, "host", $"exec taskset -c {last} sh -c '{Burn}'").Id;
        processes["bursts"] = StartIn(Burners, "host", $"exec perl -e '{Bursts}'").Id;
        Testbed.WaitFor("nginx", () => Testbed.Run("network", "curl", "-sf", $"http://{Testbed.HostAddress}/").Code == 0);
        Testbed.WaitFor("redis", () => Testbed.Run("host", "ss", "-Hltn", "sport = 6379").Output.Length > 0);
        foreach (int id in processes.Values)
            Testbed.WaitFor($"{id} to stop", () => File.ReadAllText($"/proc/{id}/stat").Split(") ")[1][0] == 'T');
        Testbed.WaitFor("their series", () => Testbed.DpuMetrics() is { } page && processes.Values.All(id => page.Sum("process_cpu_time_seconds_total", LabelsOf(id)) > 0));
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }
}
