using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OppTel.Aggregator.Tests;

/// <summary>Debian's Prometheus server, which scrapes an aggregator four times a second.</summary>
internal sealed class PrometheusServer : IDisposable
{
    private readonly Process process;
    private readonly HttpClient client;

    /// <summary>Starts it.</summary>
    /// <param name="aggregator">Whose directory takes its files.</param>
    /// <param name="scrape">Changes the sample's configuration.</param>
    /// <param name="features">Of its feature flags.</param>
    public PrometheusServer(AggregatorProcess aggregator, Func<string, string>? scrape = null, string features = "exemplar-storage")
    {
        string configuration = Path.Combine(aggregator.Directory, "prometheus.yml");
        string text = File.ReadAllText(Path.Combine(StartTests.Checkout, "config", "prometheus.yml"));
        text = (scrape?.Invoke(text) ?? text)
            .Replace("127.0.0.1:9435", $"127.0.0.1:{aggregator.Port}", StringComparison.Ordinal)
            .Replace("15s", "250ms", StringComparison.Ordinal);
        File.WriteAllText(configuration, text);
        int port = AggregatorProcess.FreePort();
        process = Process.Start(new ProcessStartInfo("prometheus",
        [
            $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(aggregator.Directory, "tsdb")}", $"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error", $"--enable-feature={features}",
        ])
        { RedirectStandardError = true })!;
        client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    /// <summary>The one value of a query; NaN when there is none or the server is not up yet.</summary>
    public async Task<double> Query(string query)
    {
        JsonElement? result = (await Get($"query?query={Uri.EscapeDataString(query)}"))?.GetProperty("result");
        return result is { } list && list.GetArrayLength() == 1 && list[0].TryGetProperty("value", out JsonElement value)
            ? double.Parse(value[1].GetString()!.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture)
            : double.NaN;
    }

    /// <summary>The exemplars of a query, each with its labels; none when the server is not up yet.</summary>
    public async Task<IReadOnlyList<JsonElement>> Exemplars(string query)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        JsonElement? series = await Get($"query_exemplars?query={Uri.EscapeDataString(query)}&start={now - 3600}&end={now + 3600}");
        return series is { } list ? [.. list.EnumerateArray().SelectMany(entry => entry.GetProperty("exemplars").EnumerateArray())] : [];
    }

    /// <summary>Asks until the answer is as wanted; fails with what it was last.</summary>
    public async Task<double> Eventually(string query, Predicate<double> isWanted)
    {
        double last = double.NaN;
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(100))
        {
            last = await Query(query);
            if (isWanted(last))
                return last;
        }

        string targets = (await Get("targets"))?.ToString() ?? "";
        Assert.Fail($"{query} is {last}\n{targets}");
        return last;
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        client.Dispose();
    }

    private async Task<JsonElement?> Get(string path)
    {
        try
        {
            string text = await client.GetStringAsync(new Uri($"/api/v1/{path}", UriKind.Relative));
            return JsonDocument.Parse(text).RootElement.GetProperty("data");
        }
        catch (HttpRequestException)
        {
            Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : "");
            return null;
        }
    }
}
