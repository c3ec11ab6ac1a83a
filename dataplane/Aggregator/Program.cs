using System.CommandLine;
using OppTel.Aggregator;
using OppTel.Configuration;

RootCommand root = new("Turns the telemetry that the dataplane took off packets into series, and serves them.")
{
    RunCommand.Create(),
    CheckConfigCommand.Create(),
    VersionCommand.Create(),
};

try
{
    ParseResult result = root.Parse(args);
    int code = result.Invoke(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        // The host handles the signals itself.
        ProcessTerminationTimeout = null,
    });
    return result.Errors.Count == 0 ? code : ExitCode.Usage;
}
catch (OperatorException exception)
{
    Console.Error.WriteLine($"opptel-aggregator: {exception.Message}");
    return exception.ExitCode;
}
catch (ConfigurationException exception)
{
    Console.Error.WriteLine(exception.Message);
    return ExitCode.Configuration;
}
