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
        Option<bool> remove = new("--remove") { Description = "Close it on every interface: without a dataplane nothing passes then." };
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
        {
            // Beside a dataplane that runs on packet sockets the kernel would send everything once more.
            using PortClaims claims = new();
            claims.Take(configuration.Pairs.SelectMany(pair => new[] { pair.Host, pair.Network }));
            BypassSet.Attach(configuration.Pairs).Dispose();
        }

        HashSet<string> ours = [.. configuration.Pairs.SelectMany(pair => new[] { pair.Host, pair.Network }).Select(port => port.Interface)];
        foreach ((string name, StandingFilter filter) in BypassSet.Interfaces())
        {
            if (remove && BypassedPort.TryFindPeer(filter, out _))
                filter.Detach();
            if (ours.Contains(name) || BypassedPort.TryFindPeer(filter, out _))
                Console.Out.WriteLine(Describe(name, filter));
        }

        return ExitCode.Ok;
    }

    private static string Describe(string name, StandingFilter filter) => BypassedPort.TryCount(filter, out BypassCounts counts)
        ? $"{name}: {counts.Packets} packets passed, {counts.Trimmed} of them lost a trailer, {counts.Control} control frames dropped"
        : $"{name}: no bypass";
}
