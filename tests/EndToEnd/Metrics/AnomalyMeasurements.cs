using System.Globalization;
using System.Text.Json;
using OppTel.EndToEnd.Tests.Metrics.Agreement;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>
/// Real stress on a real host: how soon after its first records it is flagged, and how often a host without any is. A machine whose own
/// load is larger than the stress has nothing to see, so nothing is asserted; run with
/// <c>-explicit only -class "*AnomalyMeasurements" -showliveoutput</c>.
/// </summary>
public sealed class AnomalyMeasurements(ITestOutputHelper output)
{
    private const string Limit = "timeout -s KILL 3";
    private static readonly TimeSpan Unstressed = TimeSpan.FromSeconds(60);
    private static readonly string[] Stressed = ["anomaly-cpu", "anomaly-memory", "anomaly-disk"];

    [Fact(Explicit = true)]
    public void StressAndQuiet()
    {
        using Testbed testbed = new();
        testbed.StartAll();
        testbed.Start("network", "ping", "-q", "-i", "0.002", Testbed.HostAddress);
        Cgroup[] cgroups = Array.ConvertAll(Stressed, name => new Cgroup($"{name}-{Environment.ProcessId}"));
        try
        {
            // What does nothing has no series, and so no model.
            RunningProgram[] idlers = Array.ConvertAll(cgroups, cgroup => Confined(cgroup, "while :; do sleep 0.05; done"));
            Poll.Until("warm models", () => Models(testbed).Count(model => model.GetProperty("warm").GetBoolean()) > Stressed.Length, testbed.Logs, TimeSpan.FromMinutes(2));
            Thread.Sleep(Unstressed);
            Tell($"{Unstressed.TotalSeconds} s without stress, {Models(testbed).Length} models", Anomalies(testbed), 0);
            string file = testbed["stress"];
            string loops = string.Concat(Enumerable.Repeat($"{Limit} sh -c 'while :; do :; done' & ", Environment.ProcessorCount)) + "wait";
            Stress(testbed, "a loop on each CPU", cgroups[0], loops);
            Stress(testbed, "3 GB of memory", cgroups[1], $"{Limit} {LoadProgram.Path} touch 3000 1000");
            Stress(testbed, "writes with fsync", cgroups[2], $"{Limit} sh -c 'while :; do dd if=/dev/zero of={file} bs=1M count=20 conv=fsync; done'");
            foreach (string line in testbed.DpuMetrics().Text.Split('\n').Where(line => line.StartsWith("opptel_anomaly_detection", StringComparison.Ordinal) || line.StartsWith("opptel_anomaly_step", StringComparison.Ordinal)))
                output.WriteLine(line);
            Array.ForEach(idlers, idler => idler.Dispose());
        }
        finally
        {
            Array.ForEach(cgroups, Empty);
        }
    }

    private void Stress(Testbed testbed, string what, Cgroup cgroup, string script)
    {
        double start = Now();
        Command.Run("sh", "-c", $"echo $$ > {cgroup.Folder}/cgroup.procs; {script}");
        Thread.Sleep(4000);
        Tell(what, Array.FindAll(Anomalies(testbed), anomaly => anomaly.GetProperty("start").GetDouble() >= start), start);
    }

    private void Tell(string what, JsonElement[] anomalies, double start)
    {
        output.WriteLine($"{what}: {anomalies.Length} anomalies");
        foreach (JsonElement anomaly in anomalies)
        {
            double began = anomaly.GetProperty("start").GetDouble();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {anomaly.GetProperty("cgroup").GetString() ?? "host"}: flagged {1e3 * (anomaly.GetProperty("detected").GetDouble() - began):f1} ms after the first unusual step, which came {began - start:f3} s after the start; score {anomaly.GetProperty("score").GetDouble():f1} of {anomaly.GetProperty("threshold").GetDouble():f1}: ")
                + string.Join(", ", anomaly.GetProperty("contributors").EnumerateArray().Take(4).Select(Describe)));
        }
    }

    private static string Describe(JsonElement part) => string.Create(CultureInfo.InvariantCulture,
        $"{part.GetProperty("name")}{part.GetProperty("labels")} {part.GetProperty("share").GetDouble():p0} {part.GetProperty("value").GetDouble():g3} for {part.GetProperty("expected").GetDouble():g3}");

    private static RunningProgram Confined(Cgroup cgroup, string script) => new("sh", ["-c", $"echo $$ > {cgroup.Folder}/cgroup.procs; {script}"]);

    private static void Empty(Cgroup cgroup)
    {
        foreach (string pid in File.ReadLines(Path.Combine(cgroup.Folder, "cgroup.procs")))
            Command.Run("kill", "-9", pid);
        cgroup.Dispose();
    }

    private static JsonElement[] Models(Testbed testbed) => [.. Answer(testbed).GetProperty("models").EnumerateArray()];

    private static JsonElement[] Anomalies(Testbed testbed) => [.. Answer(testbed).GetProperty("anomalies").EnumerateArray()];

    private static JsonElement Answer(Testbed testbed)
    {
        using HttpClient client = new();
        return JsonDocument.Parse(client.GetStringAsync(new Uri($"http://{testbed.Address}:9435/api/v1/anomalies")).GetAwaiter().GetResult()).RootElement;
    }

    private static double Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds;
}
