using System.CommandLine;
using OppTel.Configuration;

namespace OppTel.Dataplane;

/// <summary><c>opptel-dataplane check-config</c>: reads a configuration and says everything that is wrong with it.</summary>
internal static class CheckConfigCommand
{
    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Option<string> file = OperatorProgram.ConfigurationFile(DataplaneConfiguration.DefaultPath);
        Command command = new("check-config", "Check a configuration file without touching any device.") { file };
        command.SetAction(result =>
        {
            string path = result.GetRequiredValue(file);
            DataplaneConfiguration configuration = DataplaneConfiguration.Load(path);
            configuration.LoadKeys().Dispose();
            Console.Out.WriteLine($"{path}: ok, {configuration.Pairs.Count} pairs");
            return ExitCode.Ok;
        });
        return command;
    }
}
