using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

namespace OppTel.Benchmarks.Scrapes;

/// <summary>An aggregator that is scraped.</summary>
/// <param name="metrics">Address of its page.</param>
/// <param name="processId">Its process.</param>
internal sealed class Page(Uri metrics, int processId) : IDisposable
{
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>What is asked for: a name, the header Accept, and whether compressed, as Prometheus asks.</summary>
    public static IReadOnlyList<(string Name, string Accept, bool IsCompressed)> Formats { get; } =
    [
        ("text", "text/plain;version=0.0.4", false), ("OpenMetrics", "application/openmetrics-text;version=1.0.0", false),
        ("protobuf", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", false),
        ("text, gzip", "text/plain;version=0.0.4", true), ("OpenMetrics, gzip", "application/openmetrics-text;version=1.0.0", true),
        ("protobuf, gzip", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", true),
    ];

    /// <summary>Scrapes once, and says how long that took and what it cost the threads that answer requests.</summary>
    /// <exception cref="HttpRequestException">It failed.</exception>
    public (double Milliseconds, double CpuMilliseconds, long Bytes) Scrape((string Name, string Accept, bool IsCompressed) format)
    {
        double before = AnsweringSeconds();
        long start = Stopwatch.GetTimestamp();
        using HttpRequestMessage request = new(HttpMethod.Get, metrics);
        request.Headers.TryAddWithoutValidation("Accept", format.Accept);
        if (format.IsCompressed)
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using HttpResponseMessage response = client.Send(request);
        response.EnsureSuccessStatusCode();
        using Stream body = response.Content.ReadAsStream();
        using MemoryStream content = new();
        body.CopyTo(content);
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, (AnsweringSeconds() - before) * 1e3, content.Length);
    }

    /// <summary>Lines of the page that are of series of a host.</summary>
    public int CountSeries(string host)
    {
        string text = client.GetStringAsync(metrics).GetAwaiter().GetResult();
        return text.Split('\n').Count(line => line.StartsWith("process_", StringComparison.Ordinal) && line.Contains($"host=\"{host}\"", StringComparison.Ordinal));
    }

    public void Dispose() => client.Dispose();

    /// <summary>CPU time of the runtime's own threads, on which requests are answered: those of the program have names of their own.</summary>
    private double AnsweringSeconds() => Directory.GetDirectories($"/proc/{processId}/task")
        .Where(thread => Read(thread, "comm").StartsWith(".NET", StringComparison.Ordinal))
        .Select(thread => Read(thread, "schedstat").Split(' ')[0]).Where(time => time.Length > 0)
        .Sum(time => double.Parse(time, CultureInfo.InvariantCulture) / 1e9);

    /// <summary>A file of a thread; empty when that has ended.</summary>
    private static string Read(string thread, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, file));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
