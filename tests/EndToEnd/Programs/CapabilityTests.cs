using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Programs;

/// <summary>The host daemon needs four capabilities and no root.</summary>
public sealed class CapabilityTests
{
    private const string Four = "-all,+bpf,+perfmon,+net_admin,+net_raw";

    [Fact]
    public void FourCapabilitiesAreEnough()
    {
        using Testbed testbed = new("af_packet");
        _ = testbed.StartDataplane();
        _ = testbed.StartAggregator();
        _ = testbed.Start("host", "setpriv", "--bounding-set", Four, "--inh-caps", Four, Repository.Program("opptel-host"), "run", "--config", testbed["host.yaml"]);
        testbed.WaitFor("a cgroup by its path", () => testbed.DpuMetrics().Sum("opptel_cgroup_cpu_time_seconds_total", ("cgroup", "/")) > 0);
        Assert.DoesNotContain("cgroup=\"id:", testbed.DpuMetrics().Text, StringComparison.Ordinal);
    }
}
