using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OppTel.Aggregator.Tests;

/// <summary>The real program with its own directory, segment path and port; ended and removed at the end.</summary>
internal sealed class AggregatorProcess : IDisposable
{
    internal static readonly string Program = Path.Combine(AppContext.BaseDirectory, "opptel-aggregator");
    private readonly StringBuilder log = new();
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(10) };
    private Process? process;

    public AggregatorProcess(string extra = "")
    {
        Port = FreePort();
        File.WriteAllText(ConfigurationPath, $"segment: {SegmentPath}\nlisten: 127.0.0.1:{Port}\n{extra}");
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("opptel-agg-").FullName;

    public string SegmentPath => Path.Combine(Directory, "segment");

    public string ConfigurationPath => Path.Combine(Directory, "aggregator.yaml");

    public int Port { get; }

    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public AggregatorProcess Start() => Start(Program, []);

    /// <summary>Starts it through another program, whose arguments end in its path.</summary>
    public AggregatorProcess Start(string program, string[] arguments)
    {
        ProcessStartInfo info = new(program, [.. arguments, "run", "--config", ConfigurationPath]) { RedirectStandardError = true, RedirectStandardOutput = true };
        process = Process.Start(info)!;
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return this;
    }

    /// <summary>Runs a command to its end.</summary>
    public static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(20_000));
        return (process.ExitCode, output, error.Result);
    }

    public async Task<(HttpStatusCode Status, string Text)> Get(string path)
    {
        using HttpResponseMessage response = await client.GetAsync(new Uri($"http://127.0.0.1:{Port}{path}"));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<JsonElement> Summary() => JsonDocument.Parse((await Get("/api/v1/summary")).Text).RootElement;

    /// <summary>Fetches a page until it satisfies; fails with what it was last.</summary>
    public async Task<string> Eventually(string path, Func<HttpStatusCode, string, bool> isWanted)
    {
        string last = "";
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(15); await Task.Delay(50))
        {
            try
            {
                (HttpStatusCode status, last) = await Get(path);
                if (isWanted(status, last))
                    return last;
            }
            catch (HttpRequestException exception)
            {
                last = exception.Message;
            }
        }

        Assert.Fail($"{path} never became what it should be:\n{last}\n{Log}");
        return last;
    }

    public Task<string> MetricsWith(string text) => Eventually("/metrics", (_, page) => page.Contains(text, StringComparison.Ordinal));

    public Task Ready() => Eventually("/readyz", (status, _) => status == HttpStatusCode.OK);

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        process!.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    /// <summary>SIGTERM; the exit code and how long it took.</summary>
    public (int Code, TimeSpan Time) Terminate()
    {
        Stopwatch watch = Stopwatch.StartNew();
        using (Process kill = Process.Start("/bin/kill", ["-TERM", $"{process!.Id}"]))
            kill.WaitForExit();
        Assert.True(process.WaitForExit(10_000), Log);
        return (process.ExitCode, watch.Elapsed);
    }

    public void Dispose()
    {
        if (process is { HasExited: false })
            Kill();
        process?.Dispose();
        client.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private void Append(string? line)
    {
        lock (log)
            log.AppendLine(line);
    }
}
