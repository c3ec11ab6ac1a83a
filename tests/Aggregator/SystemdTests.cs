using System.Net;
using System.Net.Sockets;
using System.Text;
using OppTel.Recorder;

namespace OppTel.Aggregator.Tests;

/// <summary>What systemd hears of a service of type notify.</summary>
public class SystemdTests
{
    [Fact]
    public async Task ItTellsSystemdWhenItIsReadyFeedsTheWatchdogAndSaysGoodbye()
    {
        using AggregatorProcess aggregator = new();
        string path = Path.Combine(aggregator.Directory, "notify");
        using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Bind(new UnixDomainSocketEndPoint(path));
        aggregator.Start(StandIn(aggregator.Directory, path), [AggregatorProcess.Program]);
        Assert.Equal("READY=1", Receive(socket));
        Assert.Equal("WATCHDOG=1", Receive(socket));
        Assert.Equal("WATCHDOG=1", Receive(socket));
        Task<string> last = Task.Run(() =>
        {
            string message;
            while ((message = Receive(socket)) == "WATCHDOG=1")
            {
            }

            return message;
        });
        Assert.Equal(0, aggregator.Terminate().Code);
        Assert.Equal("STOPPING=1", await last);
    }

    [Fact]
    public void TheUnitLetsDumpsBeSaved()
    {
        string unit = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "opptel-aggregator.service"));
        RecorderConfiguration recorder = AggregatorConfiguration.Parse("a.yaml", "").Recorder;
        string state = unit.Split('\n').Single(line => line.StartsWith("StateDirectory=", StringComparison.Ordinal))["StateDirectory=".Length..];
        Assert.StartsWith($"/var/lib/{state}/", recorder.DumpDirectory, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADirectoryThatCannotTakeDumpsIsSaidBeforeOneIsMissed()
    {
        using AggregatorProcess aggregator = new();
        // Not even root writes here.
        File.AppendAllText(aggregator.ConfigurationPath, "recorder: { memory: 64MiB, dump_directory: /proc/opptel/dumps }\n");
        const string Problem = "dumps cannot be saved in recorder.dump_directory /proc/opptel/dumps: ";
        (int code, _, string error) = AggregatorProcess.Run("check-config", "--config", aggregator.ConfigurationPath);
        Assert.Equal(0, code);
        Assert.Contains(Problem, error, StringComparison.Ordinal);
        await aggregator.Start().Eventually("/healthz", (status, _) => status == HttpStatusCode.OK);
        Assert.Contains(Problem, aggregator.Log, StringComparison.Ordinal);
    }

    /// <summary>A parent of the name by which a service knows that systemd started it.</summary>
    private static string StandIn(string directory, string socket)
    {
        string script = Path.Combine(directory, "systemd");
        File.WriteAllText(script, $$"""
            #!/bin/sh
            export NOTIFY_SOCKET={{socket}} WATCHDOG_USEC=300000
            "$@" &
            trap 'kill -TERM $!' TERM
            wait $!
            wait $!
            """);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return script;
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[256];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
