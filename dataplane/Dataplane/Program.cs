using System.CommandLine;
using OppTel.Configuration;
using OppTel.Dataplane;
using OppTel.Dataplane.Bypass;
using OppTel.Dataplane.Replay;

RootCommand root = new("Forwards packets between host and network, and takes the telemetry off that hosts appended to them.")
{
    RunCommand.Create(),
    CheckConfigCommand.Create(),
    BypassCommand.Create(),
    ReplayCommand.Create(),
    VersionCommand.Create(),
};

return OperatorProgram.Run("opptel-dataplane", root, args);
