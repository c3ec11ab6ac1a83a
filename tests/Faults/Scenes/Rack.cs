using System.Net.Sockets;
using System.Text;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.Faults.Tests.Scenes;

/// <summary>Ten hosts, each with its own daemon, behind ten pairs of ports of one DPU.</summary>
internal sealed class Rack : IDisposable
{
    /// <summary>How many.</summary>
    public const int Hosts = 10;

    private readonly string name = $"rack{Environment.ProcessId}";
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-rack-").FullName;
    private readonly List<RunningProgram> programs = [];
    private readonly HttpClient management;

    public Rack()
    {
        Bash(string.Join('\n', [Namespace("dpu"), Namespace("network"), .. Enumerable.Range(0, Hosts).Select(Wire)]));
        management = Dpu.Http();
        File.WriteAllText(Path.Combine(folder, "dataplane.yaml"), Dataplane());
        File.WriteAllText(Path.Combine(folder, "aggregator.yaml"), $"segment: {folder}/segment\n");
    }

    public NetworkNamespace Dpu => new($"{name}-dpu");

    public NetworkNamespace Network => new($"{name}-network");

    public NetworkNamespace Host(int number) => new($"{name}-host{number}");

    /// <summary>Address of a host.</summary>
    public static string Address(int number) => $"10.78.{number}.1";

    /// <summary>Address of the network's end of its row.</summary>
    public static string NetworkAddress(int number) => $"10.78.{number}.2";

    public RunningProgram StartDataplane() => Start("dpu", "opptel-dataplane", "dataplane.yaml");

    public RunningProgram StartAggregator() => Start("dpu", "opptel-aggregator", "aggregator.yaml");

    public RunningProgram StartHost(int number)
    {
        string file = $"host{number}.yaml";
        File.WriteAllText(
            Path.Combine(folder, file),
            $$"""
            interfaces: [eth0]
            host_name: rack-{{number}}
            metrics: 127.0.0.1:9436
            limits: { processes: 1, cgroups: 1, interfaces: 1, disks: 1 }
            samplers: { scheduler: false, cpu: true, memory: false, disk: false, tcp: false, tcp_rtt: false, cgroup_network: false, cgroup_memory: false, tcp_listen: false, softnet: false, interfaces: false, gpu: false, transport: false }
            statsd: { socket: {{folder}}/statsd{{number}}.sock }
            """);
        return Start($"host{number}", "opptel-host", file);
    }

    /// <summary>Tells a host's daemon a value of the gauge "rack.level".</summary>
    public void Tell(int number, int level)
    {
        using Socket script = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        script.Connect(new UnixDomainSocketEndPoint($"{folder}/statsd{number}.sock"));
        _ = script.Send(Encoding.ASCII.GetBytes($"rack.level:{level}|g"));
    }

    /// <summary>A scrape of the aggregator.</summary>
    public Exposition Metrics() => new(management.GetStringAsync("http://127.0.0.1:9435/metrics").GetAwaiter().GetResult());

    /// <summary>What all programs said.</summary>
    public string Logs() => string.Join('\n', programs.Select(program => program.Log + (program.HasExited ? $"ended with {program.ExitCode}" : "")));

    public void Dispose()
    {
        programs.ForEach(program => program.Dispose());
        management.Dispose();
        Bash(string.Join('\n', Directory.GetFiles("/run/netns", $"{name}-*").Select(file => $"ip netns del {Path.GetFileName(file)}")));
        Directory.Delete(folder, recursive: true);
    }

    private static void Bash(string script) => Command.Run("bash", "-euc", script).Expect();

    private string Namespace(string role) =>
        $"""
        ip netns add {name}-{role}
        ip netns exec {name}-{role} sysctl -qw net.ipv6.conf.default.disable_ipv6=1
        ip -n {name}-{role} link set lo up
        """;

    /// <summary>A host, its two cables, and addresses at both ends of the row.</summary>
    private string Wire(int number) =>
        $"""
        {Namespace($"host{number}")}
        ip link add eth0 netns {name}-host{number} type veth peer name h{number} netns {name}-dpu
        ip link add n{number} netns {name}-network type veth peer name p{number} netns {name}-dpu
        for end in host{number}:eth0 dpu:h{number} network:n{number} dpu:p{number}; do
          ip netns exec {name}-${"{end%:*}"} ethtool -K ${"{end#*:}"} tx off tso off gso off gro off > /dev/null
          ip -n {name}-${"{end%:*}"} link set ${"{end#*:}"} up
        done
        ip -n {name}-host{number} address add {Address(number)}/24 dev eth0
        ip -n {name}-network address add {NetworkAddress(number)}/24 dev n{number}
        """;

    private string Dataplane() =>
        $"""
        polling: adaptive
        memory: 512MiB
        hugepages: none
        segment: {"{"} path: {folder}/segment {"}"}
        pairs:
        {string.Join('\n', Enumerable.Range(0, Hosts).Select(number => $"  - {{ name: pair{number}, host: {{ driver: af_packet, interface: h{number} }}, network: {{ driver: af_packet, interface: p{number} }} }}"))}
        """;

    private RunningProgram Start(string role, string program, string configuration)
    {
        RunningProgram started = new(
            "ip", ["netns", "exec", $"{name}-{role}", "sh", "-c", "mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"$@\"", "sh", Repository.Program(program), "run", "--config", Path.Combine(folder, configuration)]);
        programs.Add(started);
        return started;
    }
}
