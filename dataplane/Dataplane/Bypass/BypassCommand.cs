using System.CommandLine;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Dpdk;

namespace OppTel.Dataplane.Bypass;

/// <summary><c>opptel-dataplane bypass</c>: shows the kernel's way around the dataplane, opens it without one, or closes it.</summary>
internal static class BypassCommand
{
    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Option<string> file = OperatorProgram.ConfigurationFile(DataplaneConfiguration.DefaultPath);
        Option<bool> attach = new("--attach") { Description = "Open it, as the dataplane does when it starts." };
        Option<bool> remove = new("--remove") { Description = "Close it: without a dataplane nothing passes then." };
        Command command = new("bypass", "Show the ports whose packets the kernel forwards while no dataplane runs.") { file, attach, remove };
        command.SetAction(result => Execute(
            DataplaneConfiguration.Load(result.GetRequiredValue(file)), result.GetValue(attach), result.GetValue(remove)));
        return command;
    }

    private static int Execute(DataplaneConfiguration configuration, bool attach, bool remove)
    {
        if (attach && remove)
            throw new OperatorException(ExitCode.Usage, "--attach and --remove contradict each other");
        if (!Shim.TryOpen(WireLayouts.All, out string reason))
            throw new OperatorException(ExitCode.Unavailable, reason);
        if (attach)
            BypassSet.Attach(configuration.Pairs).Dispose();
        foreach (PortSpecification port in configuration.Pairs.SelectMany(pair => new[] { pair.Host, pair.Network }).Where(port => port.IsKernelPort))
        {
            if (remove)
                BypassedPort.FilterOf(port).Detach();
            Console.Out.WriteLine(Describe(port));
        }

        return ExitCode.Ok;
    }

    private static string Describe(PortSpecification port) => BypassedPort.TryCount(port, out BypassCounts counts)
        ? $"{port.Name}: {counts.Packets} packets passed, {counts.Trimmed} of them lost a trailer, {counts.Control} control frames dropped"
        : $"{port.Name}: no bypass";
}
