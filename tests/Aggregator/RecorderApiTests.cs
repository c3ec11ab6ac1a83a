using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using DuckDB.NET.Data;
using OppTel.Catalog;
using OppTel.Configuration;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>What the recorder of the real program answers, and the command that fetches a dump of it.</summary>
public sealed class RecorderApiTests : IDisposable
{
    private const ulong Millisecond = 1_000_000;
    private const int Milliseconds = 1000;

    private static readonly Metric[] Metrics =
    [
        TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter, scale: 1e-9),
        TestHost.Metric(2, "opptel_runqueue_length", Kind.Gauge),
        TestHost.Metric(3, "wait_seconds", Kind.HistogramBucket),
    ];

    private readonly AggregatorProcess aggregator = new();
    private readonly TestDataplane dataplane;

    public RecorderApiTests()
    {
        File.AppendAllText(aggregator.ConfigurationPath, $"recorder: {{ memory: 64MiB, dump_directory: {Path.Combine(aggregator.Directory, "dumps")} }}\n");
        dataplane = new TestDataplane(aggregator.SegmentPath);
    }

    public void Dispose()
    {
        dataplane.Dispose();
        aggregator.Dispose();
    }

    [Fact]
    public async Task EveryRecordOfASecondIsThereAtAnyStep()
    {
        await Fill();
        JsonElement series = await Get("/api/v1/series?name=opptel_runqueue*&host=alpha&label.cpu=3");
        JsonElement one = Assert.Single(series.GetProperty("series").EnumerateArray());
        Assert.Equal(("opptel_runqueue_length", "gauge", Milliseconds, true), (
            one.GetProperty("name").GetString(), one.GetProperty("kind").GetString(), one.GetProperty("records").GetInt32(), one.GetProperty("alive").GetBoolean()));
        decimal first = one.GetProperty("first").GetDecimal(), last = one.GetProperty("last").GetDecimal();
        Assert.Equal(0.999m, last - first);
        Assert.InRange((decimal)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000 - last, 0, 60);
        int id = one.GetProperty("id").GetInt32();

        JsonElement range = (await Get($"/api/v1/range?id={id}&start={Text(first)}&end={Text(last)}&step=1ms")).GetProperty("series")[0];
        Assert.Equal(Enumerable.Range(0, Milliseconds - 1).Select(index => index % 7), range.GetProperty("values").EnumerateArray().Select(value => value.GetInt32()));
        range = (await Get($"/api/v1/range?id={id}&start={Text(first)}&end={Text(last)}&step=100ms&extremes=true")).GetProperty("series")[0];
        Assert.All(range.GetProperty("max").EnumerateArray(), value => Assert.Equal(6, value.GetInt32()));
        JsonElement records = await Get($"/api/v1/records?id={id}&start={Text(first)}&limit=500");
        Assert.True(records.GetProperty("truncated").GetBoolean());
        Assert.Equal(
            Enumerable.Range(0, 500).Select(index => (first + (index * 0.001m), index % 7)),
            records.GetProperty("times").EnumerateArray().Zip(records.GetProperty("values").EnumerateArray(), (time, value) => (time.GetDecimal(), value.GetInt32())));
        JsonElement bucket = (await Get("/api/v1/series?name=wait_seconds")).GetProperty("series")[0];
        Assert.Equal(("histogram_bucket", "0"), (bucket.GetProperty("kind").GetString(), bucket.GetProperty("labels").GetProperty("le").GetString()));
    }

    [Fact]
    public async Task TheTopNamesWhoUsedTheTime()
    {
        await Fill();
        JsonElement one = (await Get("/api/v1/series?name=process_cpu_time_seconds_total&label.pid=42")).GetProperty("series")[0];
        string start = Text(one.GetProperty("first").GetDecimal()), end = Text(one.GetProperty("last").GetDecimal());
        JsonElement top = await Get($"/api/v1/top?name=process_cpu_time_seconds_total&start={start}&end={end}&step=10ms&limit=1");
        JsonElement first = Assert.Single(top.GetProperty("series").EnumerateArray());
        Assert.Equal("42", first.GetProperty("labels").GetProperty("pid").GetString());
        Assert.Equal(0.4995, first.GetProperty("total").GetDouble(), 6);
        Assert.All(first.GetProperty("values").EnumerateArray(), value => Assert.Equal(0.5, value.GetDouble(), 3));
        JsonElement grouped = (await Get($"/api/v1/top?name=process_cpu_time_seconds_total&start={start}&end={end}&step=10ms&by=host")).GetProperty("series")[0];
        Assert.Equal(0.4995 + 0.0999, grouped.GetProperty("total").GetDouble(), 6);
    }

    [Fact]
    public async Task ADumpIsSentSavedOrFetched()
    {
        await Fill();
        string output = Path.Combine(aggregator.Directory, "out.parquet");
        (int code, string text, string error) = AggregatorProcess.Run(
            "dump", "--from", "-1m", "--output", output, "--name", "process_cpu*", "--label", "pid=42", "--url", $"http://127.0.0.1:{aggregator.Port}");
        Assert.True(code == 0, error);
        Assert.StartsWith($"{output}: {Milliseconds} records", text, StringComparison.Ordinal);
        Assert.Equal((Milliseconds, 1, 0.4995), Query(output, "count(*), count(DISTINCT labels['pid']), round(max(value) - min(value), 6)"));
        using HttpClient client = new();
        using HttpResponseMessage saved = await client.PostAsync(new Uri($"http://127.0.0.1:{aggregator.Port}/api/v1/dump?save=true&reason=stall"), null);
        JsonElement answer = JsonDocument.Parse(await saved.Content.ReadAsStringAsync()).RootElement;
        string path = answer.GetProperty("path").GetString()!;
        Assert.EndsWith("-stall.parquet", path, StringComparison.Ordinal);
        await AssertServed(client, path);
        Assert.Equal((4 * Milliseconds, 4, 6.0), Query(path, "count(*), count(DISTINCT (name, labels)), max(value) FILTER (WHERE name = 'opptel_runqueue_length')"));
    }

    /// <summary>What others have put beside the dumps, and what lies elsewhere, is not served.</summary>
    private async Task AssertServed(HttpClient client, string path)
    {
        string name = Path.GetFileName(path), api = $"http://127.0.0.1:{aggregator.Port}/api/v1/dumps";
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(path)!, "key.parquet"), "secret");
        JsonElement listed = Assert.Single((await Get("/api/v1/dumps")).GetProperty("dumps").EnumerateArray());
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal((name, bytes.LongLength), (listed.GetProperty("name").GetString(), listed.GetProperty("bytes").GetInt64()));
        using HttpResponseMessage sent = await client.GetAsync(new Uri($"{api}/{name}"));
        Assert.Equal((name, "application/vnd.apache.parquet"), (sent.Content.Headers.ContentDisposition!.FileName, sent.Content.Headers.ContentType!.MediaType));
        Assert.Equal(bytes, await sent.Content.ReadAsByteArrayAsync());
        using HttpRequestMessage part = new(HttpMethod.Get, new Uri($"{api}/{name}")) { Headers = { Range = new(bytes.Length - 8, null) } };
        using HttpResponseMessage end = await client.SendAsync(part);
        Assert.Equal(HttpStatusCode.PartialContent, end.StatusCode);
        Assert.Equal(bytes[^8..], await end.Content.ReadAsByteArrayAsync());
        foreach (string other in (string[])["key.parquet", $"..%2Fdumps%2F{name}", "..%2F..%2Faggregator.yaml", $"{name}%00", "%2Fetc%2Fpasswd", $".%2F{name}"])
        {
            using HttpResponseMessage refused = await client.GetAsync(new Uri($"{api}/{other}"));
            Assert.True(refused.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{other}: {refused.StatusCode}");
        }
    }

    [Fact]
    public async Task ARequestThatCannotBeAnsweredSaysWhatWouldBeRight()
    {
        await aggregator.Start().Ready();
        foreach ((string path, HttpStatusCode status, string message) in new[]
        {
            ("/api/v1/range?id=77", HttpStatusCode.NotFound, "id=77 is not known"),
            ("/api/v1/range?start=-1h&step=1ms", HttpStatusCode.BadRequest, "3600000 steps are more than 11000; ask for a step of at least 327273us"),
            ("/api/v1/range?step=5", HttpStatusCode.BadRequest, "step=5 is not a duration; write it with its unit"),
            ("/api/v1/range?start=now&end=-1s", HttpStatusCode.BadRequest, "end is not after start"),
            ("/api/v1/range?start=yesterday", HttpStatusCode.BadRequest, "start=yesterday is not a time"),
            ("/api/v1/range?counter=raw", HttpStatusCode.BadRequest, "counter=raw is neither rate nor value"),
            ("/api/v1/series?limit=0", HttpStatusCode.BadRequest, "limit=0 is not a whole number from 1 to 10000"),
            ("/api/v1/records", HttpStatusCode.BadRequest, "give its id="),
            ("/api/v1/range?start=0&end=9000000000&step=1277777h", HttpStatusCode.BadRequest, "step=1277777h is longer than 24h"),
            ("/api/v1/top", HttpStatusCode.BadRequest, "name= is missing"),
            ("/api/v1/top?name=*&extremes=true", HttpStatusCode.BadRequest, "to /api/v1/range"),
        })
        {
            (HttpStatusCode found, string text) = await aggregator.Get(path);
            Assert.Equal(status, found);
            Assert.Contains(message, JsonDocument.Parse(text).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("cross-site", null, HttpStatusCode.Forbidden)]
    [InlineData("same-site", "http://127.0.0.1:{port}", HttpStatusCode.Forbidden)]
    [InlineData(null, "https://elsewhere.example", HttpStatusCode.Forbidden)]
    [InlineData(null, "null", HttpStatusCode.Forbidden)]
    [InlineData("same-origin", "https://proxy.example", HttpStatusCode.OK)]
    [InlineData(null, "http://127.0.0.1:{port}", HttpStatusCode.OK)]
    [InlineData(null, null, HttpStatusCode.OK)]
    public async Task APageOfAnotherSiteMakesNoDump(string? site, string? origin, HttpStatusCode expected)
    {
        await aggregator.Start().Ready();
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri($"http://127.0.0.1:{aggregator.Port}/api/v1/dump?save=true"));
        if (site is not null)
            request.Headers.Add("Sec-Fetch-Site", site);
        if (origin is not null)
            request.Headers.Add("Origin", origin.Replace("{port}", $"{aggregator.Port}", StringComparison.Ordinal));
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(expected == HttpStatusCode.OK, Directory.Exists(Path.Combine(aggregator.Directory, "dumps")));
    }

    [Fact]
    public async Task TheDumpCommandKnowsPasswordsAndCertificates()
    {
        using AggregatorProcess other = new();
        string password = AccessTests.WritePassword(other, "correct horse"), output = Path.Combine(other.Directory, "out.parquet");
        Certificates.Create(other.Directory, "a.example");
        File.AppendAllText(other.ConfigurationPath, Certificates.Configuration(other.Directory));
        other.Start();
        string[] dump = ["dump", "--output", output, "--url", $"https://127.0.0.1:{other.Port}", "--ca-file", Path.Combine(other.Directory, "certificate.pem")];
        (int Code, string Output, string Error) answer = AggregatorProcess.Run(dump);
        for (Stopwatch watch = Stopwatch.StartNew(); !answer.Error.Contains("401", StringComparison.Ordinal); answer = AggregatorProcess.Run(dump))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), answer.Error);
            await Task.Delay(100);
        }

        Assert.Equal(69, answer.Code);
        answer = AggregatorProcess.Run([.. dump, "--user", "prometheus", "--password-file", password]);
        Assert.True(answer.Code == 0, answer.Error);
        File.SetUnixFileMode(password, (UnixFileMode)Convert.ToInt32("644", 8));
        answer = AggregatorProcess.Run([.. dump, "--user", "prometheus", "--password-file", password]);
        Assert.Equal(78, answer.Code);
        Assert.Contains("open to others", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDumpCommandSaysWhatIsWrong()
    {
        string output = Path.Combine(aggregator.Directory, "out.parquet");
        Assert.Equal(69, Refused("no aggregator answers at http://127.0.0.1:1", "dump", "--output", output, "--url", "http://127.0.0.1:1"));
        Assert.Equal(64, Refused("--url 'here' is not an address", "dump", "--output", output, "--url", "here"));
        (int code, _, string error) = AggregatorProcess.Run("dump", "--output", output, "--url", "http://me:secret@127.0.0.1:1");
        Assert.Equal((64, false), (code, error.Contains("secret", StringComparison.Ordinal)));
        Assert.Contains("--password-file", error, StringComparison.Ordinal);
        Assert.Equal(64, Refused("--user and --password-file go together", "dump", "--output", output, "--user", "me"));
        Assert.Equal(64, Refused("--label 'pid' is not NAME=VALUE", "dump", "--output", output, "--label", "pid"));
        Assert.False(File.Exists(output));
    }

    [Fact]
    public async Task WithoutMemoryNothingIsRecorded()
    {
        using AggregatorProcess other = new("recorder: { memory: 0B }\n");
        await other.Start().Eventually("/healthz", (status, _) => status == HttpStatusCode.OK);
        (HttpStatusCode status, string text) = await other.Get("/api/v1/series");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("recorder.memory is 0", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await other.Get("/api/v1/dumps")).Status);
    }

    [Fact]
    public void AConfigurationIsCheckedForWhatARecorderNeeds()
    {
        ConfigurationException exception = Assert.Throws<ConfigurationException>(() => AggregatorConfiguration.Parse(
            "a.yaml", "recorder: { memory: 1MiB, span: 1s, dump_directory: here, dump_limit: 1B, size: 3 }"));
        Assert.Equal(5, exception.Problems.Count);
        foreach (string message in new[]
        {
            "recorder.memory: 1MiB is too little; give it 64MiB or more, or 0B to record nothing",
            "recorder.span: '1s' is not a duration from 10s to 24h",
            "recorder.dump_directory: 'here' is not an absolute path",
            "recorder.dump_limit: '1B' is not a size from 1MiB",
            "unknown key recorder.size",
        })
        {
            Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        }
    }

    private static int Refused(string message, params string[] arguments)
    {
        (int code, _, string error) = AggregatorProcess.Run(arguments);
        Assert.Contains(message, error, StringComparison.Ordinal);
        return code;
    }

    /// <summary>A second of four series, with a record in each millisecond.</summary>
    private async Task Fill()
    {
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(
            9, Metrics, TestHost.Block(10, [1], ("pid", "42")), TestHost.Block(11, [1], ("pid", "43")), TestHost.Block(12, [2], ("cpu", "3")), TestHost.Block(13, [3]))));
        ulong now = Boottime.Now;
        for (int index = 0; index < Milliseconds; index++)
        {
            ulong time = now - ((ulong)(Milliseconds - index) * Millisecond), used = (ulong)index * Millisecond;
            dataplane.Trailer(host.Trailer(
                0, 9, time, new ValueRecord(10, used / 2), new ValueRecord(11, used / 10), new ValueRecord(12, (ulong)index % 7), new ValueRecord(13, (ulong)index)), time);
        }

        await aggregator.Eventually("/api/v1/series?name=wait_seconds", (_, text) => text.Contains($"\"records\":{Milliseconds}", StringComparison.Ordinal));
    }

    private async Task<JsonElement> Get(string path)
    {
        (HttpStatusCode status, string text) = await aggregator.Get(path);
        Assert.True(status == HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static string Text(decimal number) => number.ToString(CultureInfo.InvariantCulture);

    private static (long, long, double) Query(string file, string columns)
    {
        using DuckDBConnection connection = new("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {columns} FROM '{file}'";
        using DuckDBDataReader reader = command.ExecuteReader();
        Assert.True(reader.Read());
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetDouble(2));
    }
}
