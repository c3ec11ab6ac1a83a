using System.CommandLine;
using OppTel.Aggregator.Web;
using OppTel.Configuration;

namespace OppTel.Aggregator.Commands;

/// <summary><c>opptel-aggregator check-config</c>: reads a configuration and says everything that is wrong with it.</summary>
internal static class CheckConfigCommand
{
    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Option<string> file = OperatorProgram.ConfigurationFile(AggregatorConfiguration.DefaultPath);
        Command command = new("check-config", "Check a configuration file without touching the segment or the network.") { file };
        command.SetAction(result =>
        {
            string path = result.GetRequiredValue(file);
            AggregatorConfiguration configuration = AggregatorConfiguration.Load(path);
            configuration.LoadKeys().Dispose();
            configuration.Exports.CheckFiles();
            _ = new Access(configuration.Access);
            // Another user may be the one that runs it.
            if (configuration.Recorder.DumpProblem is { } problem)
                Console.Error.WriteLine($"{path}: warning: {problem}");
            Console.Out.WriteLine($"{path}: ok, segment {configuration.SegmentPath ?? "none"}, {configuration.Access.Scheme}://{configuration.Listen}/metrics");
            return ExitCode.Ok;
        });
        return command;
    }
}
