using System.CommandLine;
using System.Reflection;
using OppTel.Configuration;
using OppTel.Segment;

namespace OppTel.Aggregator.Commands;

/// <summary><c>opptel-aggregator version</c>: the program's version and that of the segment it can map.</summary>
internal static class VersionCommand
{
    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Command command = new("version", "Print the version of this program and of the segment layout that it knows.");
        command.SetAction(_ =>
        {
            Console.Out.WriteLine($"opptel-aggregator {Version}");
            Console.Out.WriteLine($"segment layout {SegmentLayout.Version}");
            return ExitCode.Ok;
        });
        return command;
    }
}
