using System.CommandLine;
using OppTel.Configuration;
using OppTel.Dataplane;
using OppTel.Dataplane.Replay;

RootCommand root = new("Forwards packets between host and network, and takes the telemetry off that hosts appended to them.")
{
    RunCommand.Create(),
    CheckConfigCommand.Create(),
    ReplayCommand.Create(),
    VersionCommand.Create(),
};

try
{
    ParseResult result = root.Parse(args);
    int code = result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    return result.Errors.Count == 0 ? code : ExitCode.Usage;
}
catch (OperatorException exception)
{
    Console.Error.WriteLine($"opptel-dataplane: {exception.Message}");
    return exception.ExitCode;
}
catch (ConfigurationException exception)
{
    Console.Error.WriteLine(exception.Message);
    return ExitCode.Configuration;
}
