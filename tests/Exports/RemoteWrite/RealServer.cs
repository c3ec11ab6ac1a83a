using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace OppTel.Exports.Tests.RemoteWrite;

/// <summary>A real server of Debian's on a port of its own; ended and removed at the end.</summary>
internal sealed class RealServer : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-exports-").FullName;
    private readonly Process process;
    private readonly HttpClient client;
    private readonly Task<string> error;

    private RealServer(string program, Func<string, int, string[]> arguments)
    {
        int port = FreePort();
        Url = new Uri($"http://127.0.0.1:{port}");
        process = Process.Start(new ProcessStartInfo(program, arguments(folder, port)) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        error = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        client = new HttpClient { BaseAddress = Url };
    }

    public Uri Url { get; }

    public Uri WriteUrl => new(Url, "/api/v1/write");

    /// <summary>Prometheus that takes remote write and native histograms.</summary>
    public static RealServer Prometheus() => new("prometheus", (folder, port) =>
    {
        string configuration = Path.Combine(folder, "prometheus.yml");
        File.WriteAllText(configuration, "global: {}\n");
        return
        [
            $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(folder, "tsdb")}", $"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-remote-write-receiver", "--enable-feature=native-histograms", "--log.level=error",
        ];
    });

    /// <summary>VictoriaMetrics.</summary>
    public static RealServer VictoriaMetrics() => new("victoria-metrics", (folder, port) =>
        [$"-storageDataPath={Path.Combine(folder, "data")}", $"-httpListenAddr=127.0.0.1:{port}", "-loggerLevel=ERROR", "-search.latencyOffset=0s", "-search.disableCache"]);

    /// <summary>The values of a query by their labels; none when the server is not up yet.</summary>
    public async Task<IReadOnlyList<(IReadOnlyDictionary<string, string> Labels, double Value)>> Query(string query)
    {
        try
        {
            string text = await client.GetStringAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative));
            return
            [
                .. JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Select(entry => (
                    (IReadOnlyDictionary<string, string>)entry.GetProperty("metric").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!),
                    entry.TryGetProperty("value", out JsonElement value) ? double.Parse(value[1].GetString()!) : double.NaN)),
            ];
        }
        catch (HttpRequestException)
        {
            Assert.False(process.HasExited, process.HasExited ? error.Result : "");
            return [];
        }
    }

    /// <summary>The one value of a query, once there is one; NaN after a while without.</summary>
    public async Task<double> Eventually(string query, Func<double, bool> isWanted)
    {
        double last = double.NaN;
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(30); await Task.Delay(50))
        {
            if (await Query(query) is [var only] && isWanted(last = only.Value))
                return last;
        }

        return last;
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        client.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
