using OppTel.Configuration;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Lease;

/// <summary>Interfaces go, come back and are wanted by two; the daemon says so and goes on.</summary>
public sealed class InterfaceTests : IDisposable
{
    private readonly Testbed testbed = new("af_packet");

    public void Dispose() => testbed.Dispose();

    [Fact]
    public void AnInterfaceThatComesBackIsTakenAgain()
    {
        (_, _, RunningProgram host) = testbed.StartAll();
        Assert.StartsWith("appending", Status(), StringComparison.Ordinal);
        SetLink("down");
        SetLink("name", "away0");
        testbed.WaitFor("its loss", () => host.Log.Contains("eth0 is gone", StringComparison.Ordinal));
        Assert.Equal(0, testbed.HostMetrics().Sum("opptel_host_attached"));
        testbed.WaitFor("the end of beacons", () => Status().StartsWith("not appending: beacons have stopped", StringComparison.Ordinal));

        Command.Run("ip", "-n", $"{testbed.Name}-host", "link", "set", "away0", "name", "eth0").Expect();
        SetLink("up");
        testbed.WaitFor("a lease", () => Status().StartsWith("appending", StringComparison.Ordinal));
        Assert.Equal(1, testbed.HostMetrics().Sum("opptel_host_attached"));
        double before = testbed.DpuMetrics().Sum("opptel_records_total");
        testbed.WaitFor("records", () => testbed.DpuMetrics().Sum("opptel_records_total") > before);
        Assert.Equal(0, testbed.DpuMetrics().Sum("opptel_records_undecodable_total"));
    }

    [Fact]
    public void ADataplaneSaysThatItsInterfaceIsGone()
    {
        (RunningProgram dataplane, _, _) = testbed.StartAll();
        Command.Run("ip", "-n", $"{testbed.Name}-dpu", "link", "del", "dpu1").Expect();
        testbed.WaitFor("its loss", () => dataplane.Log.Contains("dpu1 is gone: its pair forwards nothing", StringComparison.Ordinal));
        dataplane.Terminate();
    }

    [Fact]
    public void ASecondDaemonIsRefusedAndTheFirstGoesOn()
    {
        _ = testbed.StartAll();
        string other = testbed["other.yaml"];
        File.WriteAllText(other, File.ReadAllText(testbed["host.yaml"]).Replace(":9436", ":9437", StringComparison.Ordinal));
        CommandResult second = testbed.Run("host", Repository.Program("opptel-host"), "run", "--config", other);
        second.Expect(ExitCode.Unavailable);
        Assert.Contains("another opptel-host is on eth0", second.Errors, StringComparison.Ordinal);
        Assert.StartsWith("appending", Status(), StringComparison.Ordinal);
        Assert.Equal(0, testbed.HostMetrics().Sum("opptel_host_packets_total", ("reason", "forged_trimmed")));
    }

    [Fact]
    public void ACheckAttachesEverythingForAMomentUnlessADaemonDoes()
    {
        string[] check = [Repository.Program("opptel-host"), "check-config", "--attach", "--config", testbed["host.yaml"]];
        string[] told = testbed.Run("host", check).Expect().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.EndsWith("host.yaml: ok", told[0], StringComparison.Ordinal);
        Assert.Equal("opptel_egress          attached to eth0 by tcx", told[1]);
        string[] absent = [.. told[2..].Where(line => line.Contains(" absent: ", StringComparison.Ordinal))];
        // The testbed shows the unified hierarchy alone: a memory controller of version 1 is elsewhere.
        Assert.Equal(["gpu", "perf_events", "syscalls"], absent.Select(line => line.Split(' ')[0]).Where(name => name != "gpu" || !File.Exists("/dev/nvidia0")).Except(["cgroup_memory"]));
        Assert.All(told[2..].Except(absent), line => Assert.EndsWith(" attached", line, StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("opptel_sched_switch ", StringComparison.Ordinal));
        Poll.Until("the end of all BPF programs", () => !Command.Run("bpftool", "prog", "show").Output.Contains("name opptel_", StringComparison.Ordinal));

        _ = testbed.StartAll();
        CommandResult refused = testbed.Run("host", check);
        refused.Expect(ExitCode.Unavailable);
        Assert.Contains("another opptel-host is on eth0", refused.Errors, StringComparison.Ordinal);
        Assert.StartsWith("appending", Status(), StringComparison.Ordinal);
    }

    private string Status() => testbed.Run("host", Repository.Program("opptel-host"), "status", "--config", testbed["host.yaml"]).Expect();

    private void SetLink(params string[] change) => Command.Run("ip", ["-n", $"{testbed.Name}-host", "link", "set", "eth0", .. change]).Expect();
}
