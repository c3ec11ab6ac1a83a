using System.CommandLine;
using System.Reflection;
using OppTel.Configuration;
using OppTel.Dpdk;

namespace OppTel.Dataplane;

/// <summary><c>opptel-dataplane version</c>: the program's version and those of what it loads.</summary>
internal static class VersionCommand
{
    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Command command = new("version", "Print the versions of this program and of the DPDK that it finds.");
        command.SetAction(_ =>
        {
            string? version = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            Console.Out.WriteLine($"opptel-dataplane {version}");
            Console.Out.WriteLine(Shim.TryOpen(WireLayouts.All, out string reason)
                ? $"{Shim.DpdkVersion} (shim compiled against {Shim.CompiledDpdkVersion})"
                : $"no DPDK: {reason}");
            return ExitCode.Ok;
        });
        return command;
    }
}
