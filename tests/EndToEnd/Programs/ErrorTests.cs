using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OppTel.Configuration;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Programs;

/// <summary>Whatever is wrong at start: one message that names it, the exit code for it, and nothing left behind.</summary>
public sealed class ErrorTests : IDisposable
{
    private const string Dataplane = """
        memory: 64MiB
        hugepages: none
        pairs:
          - host: { driver: vdev, arguments: net_null0 }
            network: { driver: vdev, arguments: net_null1 }
        segment: { path: $/segment }

        """;

    private const string Aggregator = "segment: $/segment\nlisten: 127.0.0.1:0\n";
    private const string Host = "interfaces: [eth0]\nmetrics: 127.0.0.1:19436\n";

    private readonly string folder = Directory.CreateTempSubdirectory("opptel-e2e-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("opptel-dataplane", Dataplane + "poling: busy\n", "config.yaml:7:1: unknown key poling; did you mean polling?")]
    [InlineData("opptel-aggregator", Aggregator + "listne: 1\n", "config.yaml:3:1: unknown key listne; did you mean listen?")]
    [InlineData("opptel-host", Host + "max_leese: 1s\n", "config.yaml:3:1: unknown key max_leese; did you mean max_lease?")]
    [InlineData("opptel-dataplane", "pairs: [", "config.yaml:2:1: ")]
    [InlineData("opptel-aggregator", "listen: [", "config.yaml:2:1: ")]
    [InlineData("opptel-host", "interfaces: {", "config.yaml:2:1: ")]
    public void BadYaml(string program, string yaml, string message)
    {
        AssertFails(Spawn(program, yaml), ExitCode.Configuration, message);
        AssertFails(Spawn(program, yaml, command: "check-config"), ExitCode.Configuration, message);
    }

    [Theory]
    [InlineData("opptel-dataplane")]
    [InlineData("opptel-aggregator")]
    [InlineData("opptel-host")]
    public void WrongCommandLine(string program)
    {
        Assert.Equal(ExitCode.Usage, Command.Run(Repository.Program(program), "run", "--no-such-option").Code);
        CommandResult version = Command.Run(Repository.Program(program), "version");
        Assert.StartsWith(program, version.Expect(), StringComparison.Ordinal);
    }

    [Fact]
    public void MissingInterface()
    {
        string yaml = Dataplane.Replace("driver: vdev, arguments: net_null0", "driver: af_xdp, interface: nosuch0", StringComparison.Ordinal);
        AssertFails(Spawn("opptel-dataplane", yaml), ExitCode.Unavailable, "there is no interface 'nosuch0'");
        AssertFails(Spawn("opptel-host", Host.Replace("eth0", "nosuch0", StringComparison.Ordinal)), ExitCode.Unavailable, "no network interface nosuch0");
    }

    [Fact]
    public void MissingHugepages()
    {
        string yaml = Dataplane.Replace("64MiB", "60GiB", StringComparison.Ordinal).Replace("none", "required", StringComparison.Ordinal);
        AssertFails(Spawn("opptel-dataplane", yaml), ExitCode.Unavailable, "/proc/sys/vm/nr_hugepages");
    }

    [Fact]
    public void MissingCapability()
    {
        // A name that exists everywhere: what is missing is the permission.
        string yaml = Dataplane.Replace("driver: vdev, arguments: net_null0", "driver: af_xdp, interface: lo", StringComparison.Ordinal);
        AssertFails(Spawn("opptel-dataplane", yaml, unprivileged: true), ExitCode.NoPermission, "CAP_NET_ADMIN");
        using Testbed testbed = new();
        CommandResult host = Command.Run(
            Repository.Script("testbed"), "exec", "host", "--name", testbed.Name, "--unprivileged", "--",
            Repository.Program("opptel-host"), "run", "--config", testbed["host.yaml"]);
        AssertFails(host, ExitCode.NoPermission, "CAP_");
    }

    [Fact]
    public void WrongDpdkVersion()
    {
        string library = Path.Combine(folder, "libother.so");
        Command.Run("gcc", "-shared", "-fPIC", "-o", library, Path.Combine(AppContext.BaseDirectory, "OtherDpdk.c")).Expect();
        ProcessStartInfo start = Prepare("opptel-dataplane", Dataplane);
        start.Environment["LD_PRELOAD"] = library;
        AssertFails(Command.Run(start), ExitCode.Unavailable, "DPDK 24.11.1 is installed");
    }

    [Fact]
    public void PortInUse()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        string aggregator = Aggregator.Replace(":0", $":{port}", StringComparison.Ordinal);
        AssertFails(Spawn("opptel-aggregator", aggregator), ExitCode.Unavailable, $"127.0.0.1:{port}");

        using Testbed testbed = new();
        using TcpListener occupied = testbed.Host.Run(() => new TcpListener(IPAddress.Loopback, 9436));
        occupied.Start();
        CommandResult host = testbed.Run("host", Repository.Program("opptel-host"), "run", "--config", testbed["host.yaml"]);
        AssertFails(host, ExitCode.Unavailable, "127.0.0.1:9436");
    }

    private CommandResult Spawn(string program, string yaml, string command = "run", bool unprivileged = false) =>
        Command.Run(Prepare(program, yaml, command, unprivileged));

    private ProcessStartInfo Prepare(string program, string yaml, string command = "run", bool unprivileged = false)
    {
        string file = Path.Combine(folder, "config.yaml");
        File.WriteAllText(file, yaml.Replace("$", folder, StringComparison.Ordinal));
        // Root without capabilities: may read the checkout wherever it lies, and nothing else.
        string[] drop = unprivileged ? ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] : ["env"];
        return new ProcessStartInfo(drop[0], [.. drop[1..], Repository.Program(program), command, "--config", file]);
    }

    /// <summary>One line, the right code, no BPF program, no segment.</summary>
    private void AssertFails(CommandResult result, int code, string message)
    {
        result.Expect(code);
        Assert.Equal("", result.Output);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.True(result.Errors.Trim().Split('\n').Length == 1, result.Errors);
        Assert.False(File.Exists(Path.Combine(folder, "segment")), "a segment is left behind");
        Poll.Until("the end of all BPF programs", () => !Command.Run("bpftool", "prog", "show").Output.Contains("name opptel_", StringComparison.Ordinal));
    }
}
