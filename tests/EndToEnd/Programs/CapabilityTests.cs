using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Programs;

/// <summary>The host daemon needs four capabilities and no root, and keeps fewer.</summary>
public sealed class CapabilityTests
{
    private const string Four = "-all,+bpf,+perfmon,+net_admin,+net_raw";
    private const ulong DacReadSearch = 1 << 2, NetAdmin = 1 << 12, NetRaw = 1 << 13;

    [Fact]
    public void FourCapabilitiesAreEnough()
    {
        using Testbed testbed = new("af_packet");
        _ = testbed.StartDataplane();
        _ = testbed.StartAggregator();
        RunningProgram host = testbed.Start("host", "setpriv", "--bounding-set", Four, "--inh-caps", Four, Repository.Program("opptel-host"), "run", "--config", testbed["host.yaml"]);
        testbed.WaitFor("a cgroup by its path", () => testbed.DpuMetrics().Sum("opptel_cgroup_cpu_time_seconds_total", ("cgroup", "/")) > 0);
        Assert.DoesNotContain("cgroup=\"id:", testbed.DpuMetrics().Text, StringComparison.Ordinal);
        AssertEveryThreadHas(host.Id, NetAdmin | NetRaw);
    }

    [Fact]
    public void WhatRootMayDoIsGivenUpOnceEverythingIsAttached()
    {
        using Testbed testbed = new("af_packet");
        (_, _, RunningProgram host) = testbed.StartAll();
        AssertEveryThreadHas(host.Id, DacReadSearch | NetAdmin | NetRaw);
        testbed.WaitFor("another record", Later(testbed.DpuMetrics().Sum("opptel_records_total")));
        Func<bool> Later(double before) => () => testbed.DpuMetrics().Sum("opptel_records_total") > before;
    }

    private static void AssertEveryThreadHas(int process, ulong capabilities)
    {
        string[] statuses = [.. Directory.GetDirectories($"/proc/{process}/task").Select(task => File.ReadAllText(Path.Combine(task, "status")))];
        Assert.True(statuses.Length > 2, "a daemon of so few threads proves nothing");
        foreach (string status in statuses)
        {
            foreach (string set in (string[])["CapPrm", "CapEff"])
                Assert.Contains($"{set}:\t{capabilities:x16}\n", status, StringComparison.Ordinal);
            Assert.Contains("CapInh:\t0000000000000000\n", status, StringComparison.Ordinal);
            Assert.Contains("NoNewPrivs:\t1\n", status, StringComparison.Ordinal);
        }
    }
}
