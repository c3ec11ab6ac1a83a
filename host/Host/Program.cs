using System.CommandLine;
using OppTel.Configuration;
using OppTel.Host;
using OppTel.Host.Keys;
using OppTel.Host.Survey;

Option<string> config = OperatorProgram.ConfigurationFile(HostConfiguration.DefaultPath);
Option<bool> json = new("--json") { Description = "Print one JSON object." };

Command run = new("run", "Attach to the interfaces and append metrics to packets while a DPU strips them.") { config };
run.SetAction(parsed => Commands.Run(parsed.GetRequiredValue(config)));
Option<bool> attach = new("--attach") { Description = "Load and attach everything for a moment as well; nothing is appended." };
Command check = new("check-config", "Check the configuration file and list everything that is wrong with it.") { config, attach };
check.SetAction(parsed => Commands.CheckConfig(parsed.GetRequiredValue(config), parsed.GetValue(attach)));
Command status = new("status", "Ask the running daemon how it is.") { config, json };
status.SetAction(parsed => Commands.StatusAsync(parsed.GetRequiredValue(config), parsed.GetValue(json)));
Command version = new("version", "Print the version.");
version.SetAction(_ => Commands.Version());

RootCommand root = new(
    """
    Appends metrics of this host to packets that leave anyway; the SmartNIC takes them off.

    Examples:
      opptel-host survey --interface eth0 --duration 60s
      opptel-host keygen --out /etc/opptel/key
      opptel-host check-config --config /etc/opptel/host.yaml --attach
      opptel-host run --config /etc/opptel/host.yaml
      opptel-host status --json
    """)
{
    run, check, status, new SurveyCommand(), new KeygenCommand(), version,
};

return OperatorProgram.Run("opptel-host", root, args);
