using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Scripts;

/// <summary>The demo shows something, ends by itself and by Ctrl-C, and leaves nothing behind.</summary>
public sealed class DemoTests : IDisposable
{
    private readonly string name = $"d{Environment.ProcessId % 1_000_000}";

    public void Dispose()
    {
        Command.Run(Repository.Script("testbed"), "down", "--name", name).Expect();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("af_packet")]
    [InlineData("af_xdp")]
    public void ItShowsCarriersAndLeavesNothing(string driver)
    {
        string output = Command.Run(Repository.Script("demo"), "--seconds", "5", "--name", name, "--driver", driver).Expect();
        Assert.Matches(@"  5 s  packets [\d,]+/s  carriers [1-9][\d,]*/s  records [1-9][\d,]*/s  age p50 [\d.]+ [mu]?s p99 [\d.]+ [mu]?s  lost 0", output);
        Assert.Matches(@"[1-9][\d,]+ of them carried: \d+(\.\d+)? %", output);
        Assert.Contains("Left behind: no namespace", output, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void ASignalEndsItCleanly(string signal)
    {
        RunningProgram demo = new(Repository.Script("demo"), ["--name", name]);
        Poll.Until("the live view", () => demo.Log.Contains("  1 s  packets", StringComparison.Ordinal), () => demo.Log);
        demo.Signal(signal);
        Assert.True(demo.WaitForExit() == 0, demo.Log);
        Poll.Until("the last line", () => demo.Log.Contains("Left behind: no namespace", StringComparison.Ordinal), () => demo.Log);
        Assert.Contains("of them carried", demo.Log, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    private void AssertNothingLeft()
    {
        Assert.DoesNotContain(name, Command.Run("ip", "netns", "list").Output, StringComparison.Ordinal);
        Assert.DoesNotContain(name, Command.Run("ip", "link").Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"/run/opptel-testbed/{name}"));
        Assert.Equal("", Command.Run("pgrep", "-af", $"opptel-testbed/{name}/").Output);
        Poll.Until("the end of all BPF programs", () => !Command.Run("bpftool", "prog", "show").Output.Contains("name opptel_", StringComparison.Ordinal));
    }
}
