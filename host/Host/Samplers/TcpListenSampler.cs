using System.Globalization;
using OppTel.Configuration;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>
/// Connections that found no place with their listener. No hook sees them, so they are read from /proc/net/netstat, which knows the
/// daemon's own network namespace alone. Cost: 70 us once a second.
/// </summary>
internal static class TcpListenSampler
{
    private const string Variable = "tcp_listen";
    private const string Path = "/proc/thread-self/net/netstat";
    private const string Source = "in the network namespace of opptel-host, read from /proc/net/netstat once a second.";
    private static readonly string[] Names = ["ListenOverflows", "ListenDrops"];

    public static Sampler Definition { get; } = new(
        "tcp_listen",
        [],
        [],
        [
            new SlotBlock(Variable,
            [
                Counter("opptel_tcp_listen_overflows_total", $"TCP connections that found the queue of their listener full, {Source}"),
                Counter("opptel_tcp_listen_drops_total", $"TCP connections that their listener dropped, for whatever reason, {Source}"),
            ]),
        ])
    {
        OpenReader = plan => Find() is not null
            ? new Reader(plan.Variables[Variable])
            : throw new OperatorException(ExitCode.Unavailable, $"{Path} has no {string.Join(" and ", Names)}"),
    };

    /// <summary>The values as the file has them now, in the order of the names; null when it does not have all of them.</summary>
    private static ulong[]? Find()
    {
        if (!File.Exists(Path))
            return null;
        // A line of names and a line of values for each group.
        string[][] lines = [.. File.ReadLines(Path).Where(line => line.StartsWith("TcpExt:", StringComparison.Ordinal)).Select(line => line.Split(' '))];
        Dictionary<string, string> values = lines is [var names, var numbers] ? names.Zip(numbers).ToDictionary(pair => pair.First, pair => pair.Second) : [];
        return Array.TrueForAll(Names, values.ContainsKey) ? [.. Names.Select(name => ulong.Parse(values[name], CultureInfo.InvariantCulture))] : null;
    }

    private sealed class Reader(uint firstSlot) : ISlotReader
    {
        public TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

        public void Read(ISlotStore store) => store.Store(firstSlot, Find() ?? throw new IOException($"{Path} has lost {string.Join(" or ", Names)}"));

        public void Dispose()
        {
        }
    }
}
