using OppTel.Configuration;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Scripts;

/// <summary>scripts/testbed undoes what it did, however far it came.</summary>
public sealed class TestbedTests : IDisposable
{
    private readonly string name = $"b{Environment.ProcessId % 1_000_000}";

    public void Dispose() => Run("down").Expect();

    [Fact]
    public void DownIsIdempotentAndUpIsNot()
    {
        Run("down").Expect();
        Run("up").Expect();
        Assert.Contains(": up, DPU managed at 169.254.", Run("status").Expect(), StringComparison.Ordinal);
        CommandResult again = Run("up");
        again.Expect(ExitCode.Unavailable);
        Assert.Contains($"scripts/testbed down --name {name}", again.Errors, StringComparison.Ordinal);
        Run("status").Expect();
        Run("down").Expect();
        Run("down").Expect();
        Run("status").Expect(1);
        AssertNothingLeft();
    }

    [Fact]
    public void AFailedUpLeavesNothing()
    {
        // The last link cannot be made when its name is taken.
        Command.Run("ip", "link", "add", $"{name}-oob", "type", "veth", "peer", "name", $"{name}-peer").Expect();
        Assert.NotEqual(0, Run("up").Code);
        AssertNothingLeft();
    }

    [Fact]
    public void DownEndsWhatRunsThere()
    {
        Run("up").Expect();
        using RunningProgram stubborn = new(
            Repository.Script("testbed"), ["exec", "dpu", "--name", name, "--", "sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]);
        Poll.Until("the program", () => Run("status").Output.Contains("trap", StringComparison.Ordinal));
        Run("down").Expect();
        stubborn.WaitForExit();
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("sideways")]
    [InlineData("up", "--driver", "e1000")]
    [InlineData("up", "--name", "a name that is too long")]
    [InlineData("exec", "moon", "--", "true")]
    [InlineData("exec", "host")]
    public void WrongUseIsExplained(params string[] arguments)
    {
        CommandResult result = Command.Run(Repository.Script("testbed"), arguments);
        result.Expect(ExitCode.Usage);
        Assert.NotEqual("", result.Output + result.Errors);
    }

    private CommandResult Run(string action) => Command.Run(Repository.Script("testbed"), action, "--name", name);

    private void AssertNothingLeft()
    {
        Assert.DoesNotContain(name, Command.Run("ip", "netns", "list").Output, StringComparison.Ordinal);
        Assert.DoesNotContain(name, Command.Run("ip", "link").Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"/run/opptel-testbed/{name}"));
    }
}
