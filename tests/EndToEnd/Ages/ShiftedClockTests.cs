using System.Globalization;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Ages;

/// <summary>A DPU that booted at another time than its host: its programs run in a time namespace, where the boot time clock is another.</summary>
public sealed class ShiftedClockTests : IDisposable
{
    private readonly Testbed testbed = new();

    public void Dispose() => testbed.Dispose();

    [Theory]
    [InlineData(36_000)]
    [InlineData(-600)]
    public void AgesAreTrueAndTheLeaseHolds(int seconds)
    {
        _ = Start(seconds, "opptel-dataplane", "dataplane.yaml");
        testbed.WaitFor("the segment", () => File.Exists(testbed["segment"]));
        _ = Start(seconds, "opptel-aggregator", "aggregator.yaml");
        RunningProgram host = testbed.StartHost();
        testbed.WaitFor("ages of records", () => testbed.DpuMetrics().Sum("opptel_record_age_seconds_count") > 1000);
        testbed.WaitFor("heartbeats", () => testbed.DpuMetrics().Sum("opptel_heartbeat_trailers_total") > 20);
        Exposition dpu = testbed.DpuMetrics();
        Assert.Equal(seconds, dpu.Sum("opptel_host_clock_offset_seconds"), 0.5);
        Assert.InRange(dpu.Sum("opptel_host_clock_drift_ratio"), -500e-6, 500e-6);
        // Of a host whose clock was believed, ages would be those of hours, or nothing at all.
        double mean = dpu.Sum("opptel_record_age_seconds_sum") / dpu.Sum("opptel_record_age_seconds_count");
        Assert.InRange(mean, 1e-9, 0.5);
        Assert.Equal(0, dpu.Sum("opptel_records_undecodable_total"));
        Exposition told = testbed.HostMetrics();
        Assert.True(told.Sum("opptel_host_lease_seconds") > 0 && told.Sum("opptel_host_dpu_up") > 0, testbed.Logs());
        Assert.False(host.HasExited, host.Log);
    }

    private RunningProgram Start(int seconds, string program, string configuration) => testbed.Start(
        "dpu", "unshare", "--time", "--boottime", seconds.ToString(CultureInfo.InvariantCulture), "--fork", "--kill-child", Repository.Program(program), "run", "--config", testbed[configuration]);
}
