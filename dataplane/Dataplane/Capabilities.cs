using System.Globalization;
using OppTel.Configuration;

namespace OppTel.Dataplane;

/// <summary>Checks the capabilities that the configured drivers need, before DPDK fails without them.</summary>
internal static class Capabilities
{
    private const int NetAdmin = 12;
    private const int NetRaw = 13;
    private const int SysAdmin = 21;
    private const int Bpf = 39;

    private static readonly (string Name, int[] Bits)[] Loading = [("CAP_NET_ADMIN", [NetAdmin]), ("CAP_BPF", [Bpf, SysAdmin])];

    /// <summary>Refuses to start when one is missing.</summary>
    /// <exception cref="OperatorException">Names the capabilities, the port and the remedy.</exception>
    public static void Require(DataplaneConfiguration configuration) =>
        Require(configuration, ulong.Parse(ProcessStatus.Read("CapEff"), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    internal static void Require(DataplaneConfiguration configuration, ulong effective)
    {
        foreach (PairConfiguration pair in configuration.Pairs)
        {
            foreach (PortSpecification port in new[] { pair.Host, pair.Network })
                Require($"{port.Key}: driver {Spelling.SnakeCase(port.Driver.ToString())} on '{port.Name}'", Needed(port.Driver), effective);
            if (pair.Bypass)
                Require($"pair '{pair.Name}': the bypass (switched off by bypass: false)", Loading, effective);
        }
    }

    private static void Require(string what, (string Name, int[] Bits)[] needed, ulong effective)
    {
        string[] missing = [.. needed.Where(need => !Has(effective, need.Bits)).Select(need => need.Name)];
        if (missing.Length != 0)
        {
            throw new OperatorException(
                ExitCode.NoPermission,
                $"{what} needs {string.Join(" and ", missing)}; run as root, or give the service these capabilities (AmbientCapabilities=)");
        }
    }

    private static (string Name, int[] Bits)[] Needed(PortDriver driver) => driver switch
    {
        PortDriver.AfPacket => [("CAP_NET_RAW", [NetRaw]), ("CAP_NET_ADMIN", [NetAdmin])],
        PortDriver.AfXdp => [("CAP_NET_RAW", [NetRaw]), .. Loading],
        _ => [],
    };

    private static bool Has(ulong effective, int[] anyOf) => anyOf.Any(bit => (effective >> bit & 1) != 0);
}
