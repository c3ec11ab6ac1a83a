using System.Globalization;
using System.Text.Json;
using OppTel.EndToEnd.Tests.Metrics.Agreement;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>
/// Real stress on a real host is flagged. The DPU of the testbed has no cores of its own, so its programs go before the stress. How soon,
/// and how often a host without stress is flagged, say <c>-method "*AnomalyTests.Latency*" -explicit only -showliveoutput</c> and the same with
/// <c>False_alarms</c>, which takes as many minutes as the environment variable OPPTEL_MINUTES says, or ten.
/// </summary>
public sealed class AnomalyTests(ITestOutputHelper output)
{
    private const string Limit = "timeout -s KILL 3";

    /// <summary>From the first unusual step to the alarm, on a machine that may be busy: 10 ms are for one that is not.</summary>
    private const double Patience = 1;

    [Fact]
    public void Stress_of_each_kind_is_flagged() => Run("anomalies: { warm_up: 12s }\n", TimeSpan.Zero);

    [Fact(Explicit = true)]
    public void Latency_and_false_alarms() => Run("", TimeSpan.FromSeconds(60), rounds: 3);

    /// <summary>The demo's load, and no stress: whatever is flagged is a false alarm.</summary>
    [Fact(Explicit = true)]
    public void False_alarms_of_a_real_load()
    {
        double minutes = double.Parse(Environment.GetEnvironmentVariable("OPPTEL_MINUTES") ?? "10", CultureInfo.InvariantCulture);
        using Testbed testbed = new();
        StartFirst(testbed);
        testbed.StartHost();
        testbed.Start("host", "nginx", "-c", testbed["nginx.conf"], "-p", testbed[""]);
        testbed.Start("host", "redis-server", "--bind", Testbed.HostAddress, "--protected-mode", "no", "--save", "");
        testbed.WaitFor("nginx", () => testbed.Run("network", "curl", "-sf", $"http://{Testbed.HostAddress}/").Code == 0);
        testbed.WaitFor("redis", () => testbed.Run("network", "redis-cli", "-h", Testbed.HostAddress, "ping").Code == 0);
        testbed.Start("network", "wrk", "-t1", "-c4", "-d1000h", $"http://{Testbed.HostAddress}/");
        testbed.Start("network", "redis-benchmark", "-h", Testbed.HostAddress, "-c", "4", "-d", "128", "-t", "set,get", "-l", "-q");
        testbed.WaitFor("a warm model", () => testbed.Ask("/api/v1/anomalies?start=now").GetProperty("models").EnumerateArray()
            .Any(model => model.GetProperty("cgroup").ValueKind == JsonValueKind.Null && model.GetProperty("warm").GetBoolean()));
        double start = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds;
        Thread.Sleep(TimeSpan.FromMinutes(minutes));
        JsonElement answer = testbed.Ask("/api/v1/anomalies?start=-24h"), anomalies = answer.GetProperty("anomalies");
        int counted = anomalies.EnumerateArray().Count(anomaly => anomaly.GetProperty("start").GetDouble() >= start);
        Tell(string.Create(CultureInfo.InvariantCulture, $"{minutes} minutes, {answer.GetProperty("models").GetArrayLength()} models, {counted} alarms since the host's was warm, {counted * 60 / minutes:f1} an hour; in all"), anomalies, start);
        TellMetrics(testbed);
    }

    /// <summary>The programs of a DPU have cores of their own, where this one has none.</summary>
    private static void StartFirst(Testbed testbed)
    {
        foreach (RunningProgram program in (RunningProgram[])[testbed.StartDataplane(), testbed.StartAggregator()])
        {
            // A nice value is a thread's: those that are there already keep theirs.
            string[] threads = [.. Directory.GetDirectories($"/proc/{program.Id}/task").Select(thread => Path.GetFileName(thread))];
            Command.Run("renice", ["-n", "-15", "-p", .. threads]).Expect();
        }
    }

    private void TellMetrics(Testbed testbed)
    {
        foreach (string line in testbed.DpuMetrics().Text.Split('\n').Where(line => line.StartsWith("opptel_anomaly_detection", StringComparison.Ordinal) || line.StartsWith("opptel_anomaly_step", StringComparison.Ordinal)))
            output.WriteLine(line);
    }

    private void Run(string settings, TimeSpan quiet, int rounds = 1)
    {
        using Testbed testbed = new();
        File.AppendAllText(testbed["aggregator.yaml"], settings);
        StartFirst(testbed);
        testbed.StartHost();
        testbed.WaitFor("records at the aggregator", () => testbed.DpuMetrics().Sum("opptel_records_total") > 0);
        testbed.Start("network", "ping", "-q", "-i", "0.002", Testbed.HostAddress);
        Cgroup[] cgroups = Array.ConvertAll((string[])["cpu", "memory", "disk"], name => new Cgroup($"anomaly-{name}-{Environment.ProcessId}"));
        try
        {
            // What does nothing has no series, and so no model.
            RunningProgram[] idlers = Array.ConvertAll(cgroups, cgroup => Confined(cgroup, "while :; do sleep 0.05; done"));
            Poll.Until("warm models", () => cgroups.All(cgroup => IsWarm(testbed, cgroup)), testbed.Logs, TimeSpan.FromMinutes(2));
            Thread.Sleep(quiet);
            if (quiet > TimeSpan.Zero)
                Tell($"{quiet.TotalSeconds} s without stress", testbed.Ask("/api/v1/anomalies").GetProperty("anomalies"));
            for (int round = 0; round < rounds; round++)
                StressAll(quiet == TimeSpan.Zero, testbed, cgroups);
            TellMetrics(testbed);
            Array.ForEach(idlers, idler => idler.Dispose());
        }
        finally
        {
            Array.ForEach(cgroups, Empty);
        }
    }

    private void StressAll(bool isAsserted, Testbed testbed, Cgroup[] cgroups)
    {
        AssertFlagged(isAsserted, testbed, "a loop on each CPU", cgroups[0], OnEachCpu("while :; do :; done"), "opptel_cgroup_cpu_time");
        AssertFlagged(isAsserted, testbed, "3 GB of memory", cgroups[1], $"{Limit} {LoadProgram.Path} touch 3000 1000",
            "opptel_cgroup_cpu_time", "opptel_cgroup_memory", "opptel_cgroup_paging");
        AssertFlagged(isAsserted, testbed, "writes with fsync", cgroups[2], OnEachCpu($"while :; do dd if=/dev/zero of={testbed["stress"]}-$$ bs=1M count=20 conv=fsync; done"),
            "opptel_cgroup_cpu_time", "opptel_cgroup_context_switches", "opptel_cgroup_runqueue_delay");
    }

    private static string OnEachCpu(string script) =>
        string.Concat(Enumerable.Repeat($"{Limit} sh -c '{script}' & ", Environment.ProcessorCount)) + "wait";

    /// <summary>Stresses from a cgroup and looks whether that cgroup is flagged, for a reason that makes sense.</summary>
    private void AssertFlagged(bool isAsserted, Testbed testbed, string what, Cgroup cgroup, string script, params string[] reasons)
    {
        double start = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds;
        Command.Run("sh", "-c", $"echo $$ > {cgroup.Folder}/cgroup.procs; {script}");
        JsonElement anomalies = testbed.Ask(string.Create(CultureInfo.InvariantCulture, $"/api/v1/anomalies?start={start:f3}")).GetProperty("anomalies");
        Tell(what, anomalies, start);
        bool isFlagged = anomalies.EnumerateArray().Any(anomaly => anomaly.GetProperty("cgroup").GetString() == NameOf(cgroup)
            && anomaly.GetProperty("start").GetDouble() >= start
            && anomaly.GetProperty("detected").GetDouble() - anomaly.GetProperty("start").GetDouble() < Patience
            && anomaly.GetProperty("contributors").EnumerateArray().Take(3).Any(part => reasons.Any(part.GetProperty("name").GetString()!.StartsWith)));
        // A measurement goes on where a test fails.
        Assert.True(isFlagged || !isAsserted, $"{what}: {NameOf(cgroup)} was not flagged within {Patience} s: {anomalies}");
        // The next kind begins when this one has ended.
        testbed.WaitFor("an end of anomalies", () => testbed.Ask("/api/v1/anomalies?start=now").GetProperty("anomalies").EnumerateArray()
            .All(anomaly => anomaly.GetProperty("end").ValueKind != JsonValueKind.Null || anomaly.GetProperty("cgroup").GetString() != NameOf(cgroup)));
    }

    private void Tell(string what, JsonElement anomalies, double start = 0)
    {
        output.WriteLine($"{what}: {anomalies.GetArrayLength()} anomalies");
        foreach (JsonElement anomaly in anomalies.EnumerateArray())
        {
            double began = anomaly.GetProperty("start").GetDouble();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {anomaly.GetProperty("cgroup").GetString() ?? "host"}: flagged {1e3 * (anomaly.GetProperty("detected").GetDouble() - began):f1} ms after the first unusual step, which came {began - start:f3} s after the start; score {anomaly.GetProperty("score").GetDouble():f1} of {anomaly.GetProperty("threshold").GetDouble():f1}: ")
                + string.Join(", ", anomaly.GetProperty("contributors").EnumerateArray().Take(4).Select(Describe)));
        }
    }

    private static bool IsWarm(Testbed testbed, Cgroup cgroup) => testbed.Ask("/api/v1/anomalies?start=now").GetProperty("models").EnumerateArray()
        .Any(model => model.GetProperty("cgroup").GetString() == NameOf(cgroup) && model.GetProperty("warm").GetBoolean());

    private static string NameOf(Cgroup cgroup) => $"/{Path.GetFileName(cgroup.Folder)}";

    private static string Describe(JsonElement part) => string.Create(CultureInfo.InvariantCulture,
        $"{part.GetProperty("name")}{part.GetProperty("labels")} {part.GetProperty("share").GetDouble():p0} {part.GetProperty("value").GetDouble():g3} for {part.GetProperty("expected").GetDouble():g3}");

    private static RunningProgram Confined(Cgroup cgroup, string script) => new("sh", ["-c", $"echo $$ > {cgroup.Folder}/cgroup.procs; {script}"]);

    private static void Empty(Cgroup cgroup)
    {
        foreach (string pid in File.ReadLines(Path.Combine(cgroup.Folder, "cgroup.procs")))
            Command.Run("kill", "-9", pid);
        cgroup.Dispose();
    }
}
