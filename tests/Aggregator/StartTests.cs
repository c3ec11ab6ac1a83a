using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OppTel.Configuration;

namespace OppTel.Aggregator.Tests;

/// <summary>What the user sees when something is wrong at the start: one clear message, the right code, nothing left.</summary>
public class StartTests
{
    public static TheoryData<string, string[]> Wrong => new()
    {
        { "listne: 127.0.0.1:1", ["1:1: unknown key listne", "listen"] },
        { "listen: 9435", ["1:9", "not an address and a port"] },
        { "listen: ::1:9435", ["1:9", "not an address and a port"] },
        { "listen: 127.0.0.1:99999", ["1:9", "not an address and a port"] },
        { "segment: here", ["1:10", "not an absolute path"] },
        { "segment: none", ["1:10", "nothing could ever arrive"] },
        { "collector: { listen: 9437 }", ["1:22", "not an address and a port"] },
        { "max_series: 0", ["1:13", "from 1 to 10000000"] },
        { "max_series: many", ["1:13", "not a whole number"] },
        { "retention: 60", ["1:12", "not a duration", "with its unit"] },
        { "log_level: verbose", ["1:12", "trace, debug"] },
        { "retention: 1\nlog_level: 2\nwhat: 3", ["1:12", "2:12", "3:1"] },
        { "tls: yes", ["1:6", "tls has to be a mapping"] },
        { "tls: { certificate: a.pem }", ["1:1", "tls.key is missing"] },
        { "tls: { certificate: a.pem, key: '' }", ["tls.key: must not be empty"] },
        { "basic_auth: { user: 'a:b', password_file: x, role: y }", ["1:21", "must not contain a colon", "unknown key basic_auth.role"] },
        { "basic_auth: { user: a }", ["basic_auth.password_file is missing"] },
        { "retention: [1m]", ["1:12", "single value"] },
        { "segment: /a\nsegment: /b", ["2:1"] },
        { "a: b: c", ["1:"] },
        { "- 1", ["has to be a mapping"] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void EverythingThatIsWrongInAFileIsSaidAtOnce(string text, string[] words)
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, text);
        foreach (string command in (string[])["check-config", "run"])
        {
            (int code, string output, string error) = AggregatorProcess.Run(command, "--config", file);
            Assert.Equal((ExitCode.Configuration, ""), (code, output));
            Assert.All(words, word => Assert.Contains(word, error, StringComparison.Ordinal));
            Assert.All(error.TrimEnd().Split('\n'), line => Assert.StartsWith(file + ":", line, StringComparison.Ordinal));
        }

        File.Delete(file);
    }

    [Fact]
    public void TheSampleIsValidAndShowsTheDefaults()
    {
        string sample = Path.Combine(Checkout, "config", "aggregator.yaml");
        (int code, string output, _) = AggregatorProcess.Run("check-config", "--config", sample);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("segment /run/opptel/segment, http://127.0.0.1:9435/metrics", output, StringComparison.Ordinal);
        string shown = string.Join('\n', File.ReadAllLines(sample)
            .Where(line => line.StartsWith("# ", StringComparison.Ordinal) && line.Contains(": ", StringComparison.Ordinal)
                && line[2..line.IndexOf(':')].All(letter => char.IsAsciiLetterLower(letter) || letter == '_'))
            .Select(line => line[2..]));
        AggregatorConfiguration defaults = AggregatorConfiguration.Parse("defaults", "");
        AggregatorConfiguration read = AggregatorConfiguration.Parse("sample", shown);
        // Lists are equal by what is in them.
        Assert.Equal(defaults.Access.Hosts, read.Access.Hosts);
        Assert.Equal(["pair1"], read.PairKeys.Keys);
        Assert.Equal(defaults with { KeyFile = "/etc/opptel/key", PairKeys = read.PairKeys, Access = read.Access }, read);
        Assert.Equal(12, shown.Split('\n').Length);
    }

    [Fact]
    public void AMissingFileIsNamed()
    {
        (int code, _, string error) = AggregatorProcess.Run("run", "--config", "/nonexistent/aggregator.yaml");
        Assert.Equal(ExitCode.Configuration, code);
        Assert.Contains("/nonexistent/aggregator.yaml", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void ABadKeyIsNamed()
    {
        using AggregatorProcess aggregator = new("key_file: /nonexistent/key\n");
        AssertRefuses(aggregator, ExitCode.Configuration, "/nonexistent/key");
        string key = Path.Combine(aggregator.Directory, "key");
        File.WriteAllText(aggregator.ConfigurationPath, $"key_file: {key}\n");
        File.WriteAllText(key, "abc");
        File.SetUnixFileMode(key, UnixFileMode.UserRead);
        AssertRefuses(aggregator, ExitCode.Configuration, "64 hexadecimal digits");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        AssertRefuses(aggregator, ExitCode.Configuration, "chmod 640");
    }

    [Fact]
    public void APortInUseIsNamed()
    {
        using AggregatorProcess aggregator = new();
        using TcpListener other = new(IPAddress.Loopback, aggregator.Port);
        other.Start();
        AssertRefuses(aggregator, ExitCode.Unavailable, $"cannot listen on 127.0.0.1:{aggregator.Port}");
    }

    [Fact]
    public void AnAddressOfAnotherMachineIsNamed()
    {
        using AggregatorProcess aggregator = new();
        File.WriteAllText(aggregator.ConfigurationPath, $"segment: {aggregator.SegmentPath}\nlisten: 192.0.2.1:9435\n");
        AssertRefuses(aggregator, ExitCode.Unavailable, "cannot listen on 192.0.2.1:9435");
    }

    [Fact]
    public void AWrongCommandLineIsUsage()
    {
        Assert.Equal(ExitCode.Usage, AggregatorProcess.Run("rnu").Code);
        Assert.Equal(ExitCode.Usage, AggregatorProcess.Run("run", "--confg", "x").Code);
    }

    [Fact]
    public void TheVersionIsData()
    {
        (int code, string output, string error) = AggregatorProcess.Run("version");
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("opptel-aggregator 0.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnprivilegedUserOfTheGroupCanRunItAndAnotherCannot()
    {
        const uint Group = 61_234;
        using AggregatorProcess aggregator = new();
        // The test's output has to be readable by that user, wherever the checkout lies: it runs a copy.
        string copy = Path.Combine(aggregator.Directory, "bin");
        Process.Start("/bin/cp", ["-r", AppContext.BaseDirectory, copy]).WaitForExit();
        Process.Start("/bin/chmod", ["-R", "a+rX", aggregator.Directory]).WaitForExit();
        // It may not even open the directory that it is started in.
        string closed = Directory.CreateDirectory(Path.Combine(aggregator.Directory, "closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute).FullName;
        using TestDataplane dataplane = new(aggregator.SegmentPath, group: Group);
        (int code, string error) = RunAs(copy, aggregator, 61_235);
        Assert.Equal(ExitCode.NoPermission, code);
        Assert.Contains(aggregator.SegmentPath, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        await aggregator.Start("env", [$"--chdir={closed}", "setpriv", "--reuid=61236", $"--regid={Group}", "--clear-groups", "--no-new-privs", Path.Combine(copy, "opptel-aggregator")]).Ready();
        (int ended, TimeSpan time) = aggregator.Terminate();
        Assert.Equal(0, ended);
        Assert.True(time < TimeSpan.FromSeconds(5), $"{time}");
    }

    internal static string Checkout
    {
        get
        {
            string? directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory!, "OppTel.Dataplane.sln")))
                directory = Path.GetDirectoryName(directory);
            return directory!;
        }
    }

    private static (int Code, string Error) RunAs(string copy, AggregatorProcess aggregator, int user)
    {
        using Process process = Process.Start(new ProcessStartInfo(
            "setpriv", [$"--reuid={user}", $"--regid={user}", "--clear-groups", Path.Combine(copy, "opptel-aggregator"), "run", "--config", aggregator.ConfigurationPath])
        { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    private static void AssertRefuses(AggregatorProcess aggregator, int expected, string word)
    {
        (int code, string output, string error) = AggregatorProcess.Run("run", "--config", aggregator.ConfigurationPath);
        Assert.Equal((expected, ""), (code, output));
        Assert.Contains(word, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
