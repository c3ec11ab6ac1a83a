using System.CommandLine;
using OppTel.Aggregator.Commands;
using OppTel.Configuration;

RootCommand root = new("Turns the telemetry that the dataplane took off packets into series, and serves them.")
{
    RunCommand.Create(),
    CheckConfigCommand.Create(),
    DumpCommand.Create(),
    VersionCommand.Create(),
};

return OperatorProgram.Run("opptel-aggregator", root, args);
