using System.Net;
using System.Text.Json;
using OppTel.Aggregator.Web;
using OppTel.Configuration;

namespace OppTel.Aggregator.Tests;

/// <summary>Whom the real program answers for: a name that somebody else made to lead here is none of its own.</summary>
public class HostNameTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("192.0.2.7", true)]
    [InlineData("[::1]", true)]
    [InlineData("[fe80::1]", true)]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST.", true)]
    [InlineData("page.localhost", true)]
    [InlineData("", true)]
    [InlineData("dpu.example", true)]
    [InlineData("DPU.Example.", true)]
    [InlineData("a.rack.example", true)]
    [InlineData("rack.example", false)]
    [InlineData("evilrack.example", false)]
    [InlineData("evil.example", false)]
    [InlineData("dpu.example.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    public void Names_are_told_apart(string host, bool isOwn) => Assert.Equal(isOwn, new HostNames(["dpu.example", "*.rack.example"]).IsOwn(host));

    [Fact]
    public void The_machine_is_called_by_its_name_and_a_star_is_all_names()
    {
        Assert.True(new HostNames([]).IsOwn(Environment.MachineName));
        Assert.False(new HostNames([]).IsOwn($"{Environment.MachineName}.evil.example"));
        Assert.True(new HostNames(["*"]).IsOwn("evil.example"));
    }

    [Fact]
    public async Task Another_name_is_refused_with_the_key_that_would_allow_it()
    {
        using AggregatorProcess aggregator = new("hosts: [dpu.example]\n");
        await aggregator.Start().Eventually("/healthz", (status, _) => status == HttpStatusCode.OK);
        foreach (string path in (string[])["/", "/metrics", "/api/v1/summary", "/api/v1/dumps"])
        {
            (HttpStatusCode status, string text) = await Ask(aggregator, path, "evil.example");
            Assert.Equal(HttpStatusCode.MisdirectedRequest, status);
            Assert.Contains("hosts: [\"evil.example\"]", JsonDocument.Parse(text).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await Ask(aggregator, path, "dpu.example:1234")).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await Ask(aggregator, "/healthz", "evil.example")).Status);
    }

    [Fact]
    public async Task With_TLS_the_certificate_tells_names()
    {
        using AggregatorProcess aggregator = new();
        Certificates.Create(aggregator.Directory, "dpu.example");
        File.AppendAllText(aggregator.ConfigurationPath, Certificates.Configuration(aggregator.Directory));
        aggregator.Start();
        using HttpClientHandler handler = new() { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate is not null };
        using HttpClient client = new(handler);
        for (int attempt = 0; ; attempt++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri($"https://127.0.0.1:{aggregator.Port}/metrics")) { Headers = { Host = "dpu.example" } };
            try
            {
                using HttpResponseMessage response = await client.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                return;
            }
            catch (HttpRequestException) when (attempt < 300)
            {
                await Task.Delay(100);
            }
        }
    }

    [Fact]
    public void What_is_no_name_is_told_with_its_place()
    {
        ConfigurationException exception = Assert.Throws<ConfigurationException>(
            () => AggregatorConfiguration.Parse("a.yaml", "hosts: [\"http://dpu.example\", \"dpu:9435\", ok.example, \"*.ok.example\", \"*\"]\n"));
        Assert.Equal(2, exception.Problems.Count);
        Assert.All(exception.Problems, problem => Assert.Contains("is not a host name without a port", problem.ToString(), StringComparison.Ordinal));
    }

    private static async Task<(HttpStatusCode Status, string Text)> Ask(AggregatorProcess aggregator, string path, string host)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri($"http://127.0.0.1:{aggregator.Port}{path}")) { Headers = { Host = host } };
        using HttpResponseMessage response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
