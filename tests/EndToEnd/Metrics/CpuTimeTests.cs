using System.Globalization;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>CPU time on the DPU is the CPU time that the host's kernel accounts.</summary>
public sealed class CpuTimeTests
{
    private const string Burn = "while :; do :; done";
    private const double TicksPerSecond = 100;
    private const double Tolerance = 0.02;

    /// <summary>Changes of a host that sends nothing leave within two heartbeat intervals of 100 ms; the rest is for a busy machine.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    [Fact]
    public void BurntTimeIsRight()
    {
        using Testbed testbed = new();
        testbed.StartAll();
        // One that has a core, two that share another one, one that sleeps most of the time.
        (string Name, RunningProgram Program)[] burners =
        [
            ("alone", testbed.Start("host", "taskset", "-c", "0", "sh", "-c", Burn)),
            ("shared 1", testbed.Start("host", "taskset", "-c", "1", "sh", "-c", Burn)),
            ("shared 2", testbed.Start("host", "taskset", "-c", "1", "sh", "-c", Burn)),
            ("bursts", testbed.Start("host", "sh", "-c", "while :; do n=0; while [ $n -lt 20000 ]; do n=$((n + 1)); done; sleep 0.02; done")),
        ];
        Thread.Sleep(Duration);
        // Stopped, so that both sides count the same time. No packet leaves by itself here: heartbeats carry.
        foreach ((_, RunningProgram program) in burners)
            program.Signal("STOP");
        foreach ((string name, RunningProgram program) in burners)
            AssertSame(testbed, name, program.Id);
    }

    private static void AssertSame(Testbed testbed, string name, int process)
    {
        double expected = CpuSeconds(process), found = 0;
        Assert.True(expected > 1, $"{name} burnt only {expected} s");
        Poll.Until($"the right CPU time of {name}", IsClose, () => $"/proc says {expected} s, the DPU {found} s", Freshness);
        bool IsClose()
        {
            found = testbed.DpuMetrics().Sum("process_cpu_time_seconds_total", ("process_pid", $"{process}"));
            return Math.Abs(found - expected) <= Tolerance * expected;
        }
    }

    /// <summary>utime and stime of /proc/PID/stat.</summary>
    private static double CpuSeconds(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
