using System.Text.Json;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Scripts;

/// <summary>Benchmarks run to their end and tell figures; what the figures are is not for a test.</summary>
public sealed class BenchTests
{
    [Fact]
    public void TheDaemonIsMeasuredBesideItsPeer()
    {
        string output = Command.Run(Repository.Script("bench"), "daemon", "--rounds", "2", "--seconds", "2", "--json").Expect();
        JsonElement result = JsonDocument.Parse(output).RootElement;
        Assert.Equal(2, result.GetProperty("rounds").GetArrayLength());
        foreach (string figure in (string[])["host_rss", "exporter_rss", "host_values"])
            Assert.True(result.GetProperty(figure).GetProperty("least").GetDouble() > 0, $"{figure} in {output}");
        Assert.True(result.GetProperty("programs_cpu").GetDouble() > 0, output);
        Assert.True(result.GetProperty("exporter_values").GetDouble() > 0, output);
        Assert.Equal("0", File.ReadAllText("/proc/sys/kernel/bpf_stats_enabled").Trim());
    }

    [Fact]
    public void TheSketchesAreMeasuredBesideTheirPeers()
    {
        string output = Command.Run(Repository.Script("bench"), "sketches", "--rounds", "1", "--json").Expect();
        JsonElement result = JsonDocument.Parse(output).RootElement;
        Assert.All(result.GetProperty("figures").EnumerateArray(), figure => Assert.True(figure.GetProperty("median").GetDouble() > 0, output));
        Assert.Contains(result.GetProperty("ratios").EnumerateArray(), ratio => ratio.GetProperty("peer").GetString() == "HdrHistogram");
    }

    [Fact]
    public void ScrapesAreMeasuredUnderLoad()
    {
        string output = Command.Run(Repository.Script("bench"), "scrape", "--rounds", "1", "--seconds", "2", "--json").Expect();
        JsonElement result = JsonDocument.Parse(output).RootElement;
        Assert.Equal(10_000, result.GetProperty("series").GetInt32());
        foreach (string round in (string[])["without_scrapes", "with_scrapes"])
            Assert.True(result.GetProperty("packets_per_second").GetProperty(round).GetProperty("least").GetDouble() > 0, output);
        Assert.Equal(6, result.GetProperty("formats").GetArrayLength());
        Assert.All(result.GetProperty("formats").EnumerateArray(), format => Assert.True(format.GetProperty("bytes").GetInt64() > 0, output));
    }

    [Theory]
    [InlineData("sketches takes no --seconds", "sketches", "--seconds", "3")]
    [InlineData("there is no benchmark ''")]
    [InlineData("there is no benchmark 'speed'", "speed")]
    [InlineData("--rounds '0'", "daemon", "--rounds", "0")]
    [InlineData("unknown argument: --fast", "daemon", "--fast")]
    public void AWrongCommandLineIsTold(string message, params string[] arguments)
    {
        CommandResult result = Command.Run(Repository.Script("bench"), arguments);
        result.Expect(Configuration.ExitCode.Usage);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
    }
}
