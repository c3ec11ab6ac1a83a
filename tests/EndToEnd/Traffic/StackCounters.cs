using System.Globalization;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Traffic;

/// <summary>What the network stack of a namespace has counted.</summary>
internal sealed class StackCounters
{
    private static readonly string[] Faults =
    [
        "Ip.InHdrErrors", "IpExt.InCsumErrors", "IpExt.InTruncatedPkts", "Icmp.InCsumErrors", "Tcp.InErrs", "Tcp.InCsumErrors",
        "Udp.InCsumErrors", "UdpLite.InCsumErrors", "Ip6InHdrErrors", "Ip6InTruncatedPkts", "Icmp6InCsumErrors", "Udp6InCsumErrors",
    ];

    private readonly Dictionary<string, long> values = [];

    private StackCounters(IEnumerable<string> pairs, IEnumerable<string> singles)
    {
        // Two lines for a protocol: its names, its values.
        foreach (string[] lines in pairs.Chunk(2))
        {
            string[] names = lines[0].Split(' '), numbers = lines[1].Split(' ');
            for (int index = 1; index < names.Length; index++)
                values[$"{names[0].TrimEnd(':')}.{names[index]}"] = long.Parse(numbers[index], CultureInfo.InvariantCulture);
        }

        foreach (string[] words in singles.Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
            values[words[0]] = long.Parse(words[1], CultureInfo.InvariantCulture);
    }

    public long this[string name] => values[name];

    public static StackCounters Read(NetworkNamespace of) => of.Run(() =>
    {
        const string Folder = "/proc/thread-self/net";
        IEnumerable<string> pairs = File.ReadLines($"{Folder}/snmp").Concat(File.ReadLines($"{Folder}/netstat"));
        return new StackCounters(pairs, File.ReadLines($"{Folder}/snmp6"));
    });

    /// <summary>Fails when the stack ever saw a packet whose checksum, length or header was wrong.</summary>
    public void AssertClean(string where) =>
        Assert.Equal([], Faults.Where(fault => values[fault] != 0).Select(fault => $"{where}: {fault} = {values[fault]}"));
}
