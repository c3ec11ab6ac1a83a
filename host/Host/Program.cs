using System.CommandLine;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host;

Option<FileInfo> config = new("--config", "-c")
{
    Description = "Configuration file.",
    DefaultValueFactory = _ => new FileInfo(HostConfiguration.DefaultPath),
};
Option<bool> json = new("--json") { Description = "Print one JSON object." };

Command run = new("run", "Attach to the interfaces and append metrics to packets while a DPU strips them.") { config };
run.SetAction(parsed => Commands.Run(parsed.GetValue(config)!.FullName));
Command check = new("check-config", "Check the configuration file and list everything that is wrong with it.") { config };
check.SetAction(parsed => Commands.CheckConfig(parsed.GetValue(config)!.FullName));
Command status = new("status", "Ask the running daemon how it is.") { config, json };
status.SetAction(parsed => Commands.StatusAsync(parsed.GetValue(config)!.FullName, parsed.GetValue(json)));
Command version = new("version", "Print the version.");
version.SetAction(_ => Commands.Version());

RootCommand root = new(
    """
    Appends metrics of this host to packets that leave anyway; the SmartNIC takes them off.

    Examples:
      opptel-host check-config --config /etc/opptel/host.yaml
      opptel-host run --config /etc/opptel/host.yaml
      opptel-host status --json
    """)
{
    run, check, status, version,
};

try
{
    ParseResult parsed = root.Parse(args);
    int result = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    return parsed.Errors.Count > 0 ? ExitCode.Usage : result;
}
catch (ConfigurationException exception)
{
    Console.Error.WriteLine(exception.Message);
    return ExitCode.Configuration;
}
catch (OperatorException exception)
{
    Console.Error.WriteLine($"opptel-host: {exception.Message}");
    return exception.ExitCode;
}
catch (BpfException exception)
{
    Console.Error.WriteLine($"opptel-host: {exception.Message}");
    return exception.IsPermission ? ExitCode.NoPermission : ExitCode.System;
}
