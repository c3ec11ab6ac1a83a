using System.Net;
using System.Text.Json;

namespace OppTel.Aggregator.Tests;

public class AnomalyApiTests
{
    [Fact]
    public async Task Models_and_anomalies_are_answered_and_exported()
    {
        using AggregatorProcess aggregator = new AggregatorProcess("anomalies: { step: 2ms }\n").Start();
        string page = await aggregator.Eventually("/metrics", (status, page) => status == HttpStatusCode.OK && !page.Contains("opptel_anomaly_steps_total 0\n", StringComparison.Ordinal));
        PromTool.AssertClean(page);
        Assert.Contains("opptel_anomaly_detection_seconds_bucket", page, StringComparison.Ordinal);
        JsonElement answer = JsonDocument.Parse((await aggregator.Get("/api/v1/anomalies?start=-5m")).Text).RootElement;
        Assert.Equal((0, 0), (answer.GetProperty("models").GetArrayLength(), answer.GetProperty("anomalies").GetArrayLength()));
        foreach (string start in (string[])["now", "1764103000.5", "2025-11-25T20:00:00Z", "-1h"])
            Assert.Equal(HttpStatusCode.OK, (await aggregator.Get($"/api/v1/anomalies?start={start}")).Status);
        (HttpStatusCode status, string error) = await aggregator.Get("/api/v1/anomalies?start=yesterday");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("yesterday", JsonDocument.Parse(error).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Switched_off_there_are_no_metrics_of_it()
    {
        using AggregatorProcess aggregator = new AggregatorProcess("anomalies: { enabled: false }\n").Start();
        string page = await aggregator.MetricsWith("opptel_aggregator_series ");
        Assert.DoesNotContain("opptel_anomal", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_settings_are_named()
    {
        using TestDirectory directory = new();
        string file = directory.File("aggregator.yaml");
        File.WriteAllText(file, "anomalies:\n  step: 1s\n  warm_up: 10s\n  quantile: 2\n  host_metrics: [\"a per b\"]\n  sensitivity: 3\n");
        (int code, _, string error) = AggregatorProcess.Run("check-config", "--config", file);
        Assert.Equal(78, code);
        foreach (string problem in (string[])[":3:", "anomalies.warm_up", "anomalies.quantile", "'a per b'", "anomalies.sensitivity"])
            Assert.Contains(problem, error, StringComparison.Ordinal);
    }
}
