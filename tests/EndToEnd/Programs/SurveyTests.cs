using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using OppTel.Configuration;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Programs;

/// <summary>The command <c>opptel-host survey</c> as an operator runs it.</summary>
public sealed class SurveyTests : IDisposable
{
    private readonly Testbed testbed = new(bridge: true);

    public void Dispose() => testbed.Dispose();

    [Fact]
    public void TextTellsWhatLeft()
    {
        testbed.Start("host", "ping", "-i", "0.005", "-s", "300", Testbed.NetworkAddress);
        CommandResult result = Survey("--duration", "2s", "--metrics", "7,1000", "--max-trailer", "100");
        string text = result.Expect();
        Assert.Equal("", result.Errors);
        foreach (string part in (string[])["packets could carry metrics.", "  ICMP ", "256 - 511 B", "96 B: a full trailer, 9 values", "Time between carriers", "      7  carriers alone", "  1,000  carriers alone"])
            Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', text);
        AssertNothingLeft();
    }

    [Fact]
    public void JsonIsAllThatStandardOutputHas()
    {
        testbed.Start("host", "ping", "-i", "0.005", "-s", "300", Testbed.NetworkAddress);
        CommandResult result = Survey("--duration", "1s", "--json", "--max-age", "0s");
        JsonElement report = JsonDocument.Parse(result.Expect()).RootElement;
        Assert.Equal("", result.Errors);
        Assert.Equal(
            [
                "schema_version", "program", "host", "interface", "mtu_bytes", "attached_by", "started", "duration_seconds", "planned_seconds", "ended", "trailer",
                "packets", "frames", "unsplit_packets", "room", "carriers", "refusals", "gaps", "estimates",
            ],
            report.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("eth0", 1500, "tcx", "completed"), (Text(report, "interface"), report.GetProperty("mtu_bytes").GetInt32(), Text(report, "attached_by"), Text(report, "ended")));
        Assert.InRange(report.GetProperty("duration_seconds").GetDouble(), 1, 30);
        JsonElement protocol = report.GetProperty("carriers").GetProperty("by_protocol")[0];
        Assert.Equal("ICMP", Text(protocol, "name"));
        Assert.True(protocol.GetProperty("carriers").GetUInt64() > 10);
        Assert.All(report.GetProperty("estimates").EnumerateArray(), estimate => Assert.Equal(JsonValueKind.Null, estimate.GetProperty("with_heartbeats").ValueKind));
    }

    [Fact]
    public void ThePageSaysWhatTheDataSay()
    {
        testbed.Start("host", "ping", "-i", "0.005", "-s", "300", Testbed.NetworkAddress);
        string file = testbed["survey.html"];
        File.WriteAllText(file, "a page of yesterday, which was " + new string('x', 1_000_000));
        CommandResult result = Survey("--duration", "1s", "--metrics", "7,1000", "--json", "--html", file);
        string data = result.Expect();
        Assert.Equal("", result.Errors);
        using XmlReader reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        XDocument page = XDocument.Load(reader, LoadOptions.PreserveWhitespace);
        Assert.Equal(data.TrimEnd('\n'), page.Descendants("pre").Single().Value);
        Assert.Equal(5, page.Descendants("figure").Count());
        Assert.Contains(page.Descendants("td"), cell => cell.Value == "ICMP");
        Assert.Contains(page.Descendants("td"), cell => cell.Value == "7, carriers alone");
        Assert.StartsWith("Survey of eth0 on ", page.Descendants("title").First().Value, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void APageThatCannotBeWrittenIsKnownBeforeAnythingIsCounted()
    {
        CommandResult result = Survey("--duration", "10m", "--html", "/nowhere/deep/page.html");
        result.Expect(ExitCode.System);
        Assert.Contains("cannot write /nowhere/deep/page.html (--html): ", result.Errors, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public void ASurveyThatFailsLeavesThePageOfTheLastOne()
    {
        string file = testbed["survey.html"], other = testbed["other.html"];
        File.WriteAllText(file, "a page of yesterday");
        foreach (string page in (string[])[file, other])
            testbed.Run("host", Repository.Program("opptel-host"), "survey", "--interface", "nosuch0", "--html", page).Expect(ExitCode.Unavailable);
        Assert.Equal("a page of yesterday", File.ReadAllText(file));
        Assert.False(File.Exists(other));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void ASignalEndsItEarlyWithAReport(string signal)
    {
        RunningProgram survey = Start("--duration", "10m");
        WaitUntilAttached();
        survey.Signal(signal);
        Assert.Equal(ExitCode.Ok, survey.WaitForExit());
        Poll.Until("the report", () => survey.Log.Contains("of 600 s: ended early", StringComparison.Ordinal), () => survey.Log);
        AssertNothingLeft();
    }

    [Fact]
    public void KilledItLeavesNothing()
    {
        RunningProgram survey = Start("--duration", "10m");
        WaitUntilAttached();
        survey.Kill();
        AssertNothingLeft();
        // Nor does its claim outlive it.
        Survey("--duration", "100ms").Expect();
    }

    /// <summary>Where the kernel has no TCX, what a killed survey leaves at clsact is taken away by the next one.</summary>
    [Fact]
    public void TheNextOneCleansUpBehindAKilledOne()
    {
        RunningProgram survey = Start("--duration", "10m", "--attach", "clsact");
        testbed.WaitFor("the filter", () => testbed.Run("host", "tc", "filter", "show", "dev", "eth0", "egress").Output.Contains("opptel_survey", StringComparison.Ordinal));
        survey.Kill();
        JsonElement report = JsonDocument.Parse(Survey("--duration", "100ms", "--attach", "clsact", "--json").Expect()).RootElement;
        Assert.Equal("clsact", Text(report, "attached_by"));
        AssertNothingLeft();
    }

    [Fact]
    public void AnInterfaceThatGoesAwayEndsItWithAReportAndAMessage()
    {
        RunningProgram survey = Start("--duration", "10m");
        WaitUntilAttached();
        testbed.Run("host", "ip", "link", "delete", "eth0").Expect();
        Assert.Equal(ExitCode.Unavailable, survey.WaitForExit());
        Poll.Until("message and report", () => survey.Log.Contains("opptel-host: eth0 went away after ", StringComparison.Ordinal)
            && survey.Log.Contains("of 600 s: then the interface went away", StringComparison.Ordinal), () => survey.Log);
        AssertNothingLeft();
    }

    /// <summary>A bar is shown on a terminal, is gone in the end, and is never part of the data.</summary>
    [Fact]
    public void ATerminalSeesProgress()
    {
        string data = testbed["survey.json"];
        CommandResult result = testbed.Run(
            "host", "script", "--quiet", "--return", "--command", $"TERM=xterm {Repository.Program("opptel-host")} survey -i eth0 --duration 1s --json > {data}", "/dev/null");
        string shown = result.Expect();
        Assert.Contains("█", shown, StringComparison.Ordinal);
        Assert.Contains(" s left, ", shown, StringComparison.Ordinal);
        Assert.EndsWith("\r\e[K", shown, StringComparison.Ordinal);
        Assert.Equal("eth0", Text(JsonDocument.Parse(File.ReadAllText(data)).RootElement, "interface"));
    }

    [Theory]
    [InlineData(ExitCode.Unavailable, "there is no network interface nosuch0 here; there are: lo, eth0 (--interface)", "--interface", "nosuch0")]
    [InlineData(ExitCode.Unavailable, "lo is no Ethernet interface", "--interface", "lo")]
    [InlineData(ExitCode.System, "/nowhere/survey.bpf.o is missing", "--interface", "eth0", "--bpf-directory", "/nowhere")]
    [InlineData(ExitCode.Usage, "--interface")]
    [InlineData(ExitCode.Usage, "--duration 5: needs a duration from 100ms to 24h", "--interface", "eth0", "--duration", "5")]
    [InlineData(ExitCode.Usage, "--metrics 10,0: needs up to 8 numbers from 1 to 65536", "--interface", "eth0", "--metrics", "10,0")]
    [InlineData(ExitCode.Usage, "--max-trailer 16: needs a number from 32 to 1024", "--interface", "eth0", "--max-trailer", "16")]
    [InlineData(ExitCode.Usage, "xdp", "--interface", "eth0", "--attach", "xdp")]
    public void WhatIsWrongIsNamed(int code, string message, params string[] arguments)
    {
        CommandResult result = testbed.Run("host", [Repository.Program("opptel-host"), "survey", .. arguments]);
        result.Expect(code);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void AMissingCapabilityIsNamed()
    {
        CommandResult result = Command.Run(
            Repository.Script("testbed"), "exec", "host", "--name", testbed.Name, "--unprivileged", "--", Repository.Program("opptel-host"), "survey", "-i", "eth0");
        result.Expect(ExitCode.NoPermission);
        Assert.Contains("CAP_BPF", result.Errors, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    private CommandResult Survey(params string[] arguments) => testbed.Run("host", [Repository.Program("opptel-host"), "survey", "-i", "eth0", .. arguments]);

    private RunningProgram Start(params string[] arguments) => testbed.Start("host", [Repository.Program("opptel-host"), "survey", "-i", "eth0", .. arguments]);

    private void WaitUntilAttached() => testbed.WaitFor(
        "the attached program", () => Command.Run("bpftool", "link", "show") is { Code: 0, Output: string links } && ProgramsIn(Command.Run("bpftool", "prog", "show").Output).Any(program => links.Contains($"prog {program} ", StringComparison.Ordinal)));

    // bpftool fails when another program goes while it looks.
    private static void AssertNothingLeft() =>
        Poll.Until("the end of the program", () => Command.Run("bpftool", "prog", "show") is { Code: 0, Output: string programs } && !ProgramsIn(programs).Any());

    /// <summary>Ids of the counting programs that bpftool listed.</summary>
    private static IEnumerable<string> ProgramsIn(string listing) =>
        from line in listing.Split('\n')
        where line.Contains("name opptel_survey", StringComparison.Ordinal)
        select line.Split(':')[0];

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
