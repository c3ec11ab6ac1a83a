using System.Diagnostics;
using OppTel.Configuration;

namespace OppTel.Dataplane.Tests;

/// <summary>Everything that can be wrong at start: one message that says what, where and what to do, the right exit code, and nothing left behind.</summary>
public sealed class ErrorTests : IDisposable
{
    private const string Base = """
        memory: 64MiB
        hugepages: none
        pairs:
          - host: { driver: vdev, arguments: "net_null0" }
            network: { driver: vdev, arguments: "net_null1" }
        segment: { path: $segment }

        """;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("workers: [4000]", ExitCode.Configuration, "workers[0]: CPU 4000 is not one that this process may use", "name one of those")]
    [InlineData("eal_arguments: [--no-such-option]", ExitCode.System, "unrecognized option '--no-such-option'", "eal_arguments")]
    [InlineData("key_file: /nonexistent/key", ExitCode.Configuration, "cannot read the key file /nonexistent/key", "Could not find")]
    [InlineData("key_file:", ExitCode.Configuration, "cannot read the key file", "empty")]
    [InlineData("worker: [1]", ExitCode.Configuration, "dataplane.yaml:7:1: unknown key worker", "did you mean workers?")]
    public void AWrongKeyIsNamed(string line, int code, string problem, string remedy) => AssertFails(Base + line, code, problem, remedy);

    [Theory]
    [InlineData("driver: vdev, arguments: \"net_null1\"", "driver: af_packet, interface: nosuch0", ExitCode.Unavailable, "pairs[0].network.interface: there is no interface 'nosuch0'", "create it, or name another")]
    [InlineData("driver: vdev, arguments: \"net_null1\"", "driver: netdev, interface: lo", ExitCode.Unavailable, "pairs[0].network: none of DPDK's 1 ports belongs to the interface 'lo'", "eal_arguments")]
    [InlineData("net_null1", "net_pcap1,rx_pcap=/nonexistent.pcap", ExitCode.Unavailable, "pairs[0].network: cannot use 'net_pcap1'", "Couldn't open /nonexistent.pcap")]
    [InlineData("net_null1", "net_nosuch1", ExitCode.Unavailable, "pairs[0].network: cannot use 'net_nosuch1'", "DPDK says")]
    [InlineData("net_null1", "net_null0", ExitCode.Configuration, "the port 'net_null0' is used twice", "dataplane.yaml:4")]
    [InlineData("hugepages: none", "hugepages: required\nmemory: 60GiB", ExitCode.Unavailable, "hugepages: ", "/proc/sys/vm/nr_hugepages")]
    [InlineData("64MiB", "32MiB", ExitCode.Configuration, "memory: 32MiB does not do: packet pool of ", "set it to ")]
    [InlineData("$segment }", "/dev/null/segment }", ExitCode.Unavailable, "cannot create the segment /dev/null/segment", "/dev/null")]
    [InlineData("$segment }", "/ }", ExitCode.Unavailable, "cannot create the segment /", "")]
    [InlineData("$segment }", "$segment, group: nosuchgroup }", ExitCode.Configuration, "there is no group 'nosuchgroup'", "groupadd")]
    [InlineData("driver: vdev, arguments: \"net_null1\" }", "driver: vdev, arguments: \"net_null1\" }\n    bypass: true", ExitCode.Configuration, "bypass: the kernel can forward only between ports of af_xdp and af_packet", "leave this key out")]
    [InlineData("driver: vdev, arguments: \"net_null1\"", "driver: wifi, interface: dpu0", ExitCode.Configuration, "'wifi' is not one of", "af_packet")]
    public void AWrongValueIsNamed(string good, string bad, int code, string problem, string remedy)
    {
        string yaml = Base.Replace(good, bad, StringComparison.Ordinal);
        AssertFails(bad.Contains("memory", StringComparison.Ordinal) ? yaml.Replace("memory: 64MiB\n", "", StringComparison.Ordinal) : yaml, code, problem, remedy);
    }

    [Fact]
    public void ASecondDataplaneOnTheSameSegmentIsRefused()
    {
        using DataplaneProcess first = DataplaneProcess.Start(directory, Base);
        (int code, string errors) = DataplaneProcess.Fail(directory, Base);
        Assert.Equal(ExitCode.Unavailable, code);
        Assert.Contains($"belongs to a running dataplane (process {first.Id})", errors, StringComparison.Ordinal);
        first.Terminate();
    }

    [Fact]
    public void ADeadDataplanesSegmentIsTakenOver()
    {
        using (DataplaneProcess first = DataplaneProcess.Start(directory, Base))
        {
        }

        Assert.True(File.Exists(directory["segment"]));
        File.Move(directory["segment"], directory["old"]);
        File.Copy(directory["old"], directory["segment"]);
        using DataplaneProcess second = DataplaneProcess.Start(directory, Base);
        second.Terminate();
    }

    [Fact]
    public void TheMemoryThatAMessageAsksForIsEnough()
    {
        (_, string errors) = DataplaneProcess.Fail(directory, Base.Replace("64MiB", "32MiB", StringComparison.Ordinal));
        string advice = errors.Split("set it to ")[1].Split(' ')[0];
        using DataplaneProcess dataplane = DataplaneProcess.Start(directory, Base.Replace("64MiB", advice, StringComparison.Ordinal));
        dataplane.Terminate();
    }

    [Fact]
    public void AnotherDpdkIsRefused()
    {
        string library = Compile("OtherDpdk.c");
        (int code, string errors) = DataplaneProcess.Fail(directory, Base, environment: new Dictionary<string, string> { ["LD_PRELOAD"] = library });
        Assert.Equal(ExitCode.Unavailable, code);
        Assert.Contains("but DPDK 24.11.1 is installed; rebuild it", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void ADriverThatRefusesToStopIsNamed()
    {
        Dictionary<string, string> environment = new() { ["LD_PRELOAD"] = Compile("StuckPort.c") };
        using DataplaneProcess dataplane = DataplaneProcess.Start(directory, Base, environment: environment);
        dataplane.Terminate(code: ExitCode.System);
        Assert.Contains("port 0: stop: Input/output error", dataplane.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", dataplane.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingCapabilityIsNamed()
    {
        string yaml = Base.Replace("driver: vdev, arguments: \"net_null1\"", "driver: af_xdp, interface: lo", StringComparison.Ordinal);
        AssertFails(
            yaml,
            ExitCode.NoPermission,
            "pairs[0].network: driver af_xdp on 'lo' needs CAP_NET_ADMIN and CAP_BPF; ",
            "AmbientCapabilities=",
            ["setpriv", "--bounding-set", "-net_admin,-bpf,-sys_admin"]);
    }

    [Fact]
    public void ADeafServiceManagerIsNamed()
    {
        (int code, string errors) = DataplaneProcess.Fail(directory, Base, environment: new Dictionary<string, string> { ["NOTIFY_SOCKET"] = directory["nobody"] });
        Assert.Equal(ExitCode.System, code);
        Assert.Contains($"cannot reach the service manager at NOTIFY_SOCKET={directory["nobody"]}", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(directory["segment"]));
    }

    /// <summary>Makes a library that takes the place of one of DPDK's functions.</summary>
    private string Compile(string source)
    {
        string library = directory[Path.ChangeExtension(source, ".so")];
        using Process compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", library, Path.Combine(AppContext.BaseDirectory, source)]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return library;
    }

    private void AssertFails(string yaml, int code, string problem, string remedy, string[]? through = null)
    {
        (int found, string errors) = DataplaneProcess.Fail(directory, yaml, through);
        Assert.True(code == found, $"exit code {found}: {errors}");
        Assert.Contains(problem, errors, StringComparison.Ordinal);
        Assert.Contains(remedy, errors, StringComparison.Ordinal);
        Assert.True(errors.Trim().Split('\n').Length == 1, errors);
        Assert.Equal([directory["dataplane.yaml"]], Directory.GetFileSystemEntries(directory.Path));
    }
}
