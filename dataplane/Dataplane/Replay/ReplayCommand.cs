using System.CommandLine;
using OppTel.Capture;
using OppTel.Configuration;

namespace OppTel.Dataplane.Replay;

/// <summary><c>opptel-dataplane replay</c>: judges, strips and counts the frames of a capture file as the dataplane does, without DPDK.</summary>
internal static class ReplayCommand
{
    private const string Description =
        """
        Run a capture through the parse, strip and stream code of the dataplane, offline.

        Examples:
          opptel-dataplane replay wire.pcap
          opptel-dataplane replay wire.pcap --json | jq .streams
          opptel-dataplane replay wire.pcap --stripped as-it-leaves.pcap

        Only whole Ethernet frames are judged. Frames that were captured short, and frames of other link types, pass as they are and
        are counted as rejected. Control frames are taken out, as the dataplane does.
        """;

    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "Capture to read: pcap or pcapng." };
        Option<string?> stripped = new("--stripped")
        {
            Description = "Write the frames as they would leave into this pcap file.",
            HelpName = "OUT",
        };
        Option<bool> json = new("--json") { Description = "Print one JSON object with every record instead of a summary." };
        Command command = new("replay", Description) { file, stripped, json };
        command.SetAction(result => Run(result.GetRequiredValue(file), result.GetValue(stripped), result.GetValue(json)));
        return command;
    }

    private static int Run(string file, string? stripped, bool json)
    {
        try
        {
            return json ? WithJson(file, stripped) : WithSummary(file, stripped);
        }
        catch (DllNotFoundException exception)
        {
            throw new OperatorException(
                ExitCode.Unavailable, "libpcap cannot be loaded; install it (Debian: apt-get install libpcap0.8)", exception);
        }
        catch (IOException exception)
        {
            throw new OperatorException(ExitCode.System, $"cannot write the result: {exception.Message}", exception);
        }
    }

    private static int WithJson(string file, string? stripped)
    {
        using ReplayFiles files = ReplayFiles.Open(file, stripped);
        using JsonReport report = new(Console.OpenStandardOutput());
        Replayer replayer = new(report);
        CaptureException? failure = files.Run(replayer);
        report.Complete(replayer);
        return Finish(files, replayer, failure);
    }

    private static int WithSummary(string file, string? stripped)
    {
        using ReplayFiles files = ReplayFiles.Open(file, stripped);
        SummaryReport report = new();
        Replayer replayer = new(report);
        CaptureException? failure = files.Run(replayer);
        report.Print(Console.Out, replayer);
        return Finish(files, replayer, failure);
    }

    /// <summary>What was read up to a failure is reported and written; the failure still decides the exit code.</summary>
    private static int Finish(ReplayFiles files, Replayer replayer, CaptureException? failure)
    {
        files.Complete();
        return failure is null
            ? ExitCode.Ok
            : throw new OperatorException(ExitCode.BadInput, $"{failure.Message}; {replayer.Packets} frames before that were replayed", failure);
    }
}
