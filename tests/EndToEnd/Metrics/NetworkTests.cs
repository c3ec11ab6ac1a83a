using System.Text.Json;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>What the DPU says of the host's network is what the host's kernel says.</summary>
public sealed class NetworkTests
{
    private const string Bytes = "system_network_io_bytes_total";
    private const double Tolerance = 0.02;
    private static readonly (string Name, string Direction)[] Directions = [("tx", "transmit"), ("rx", "receive")];

    /// <summary>Two interfaces have blocks of their own; what comes later is "other", and totals stay right.</summary>
    [Fact]
    public void BytesByInterfaceAreRight()
    {
        using Testbed testbed = new();
        File.AppendAllText(testbed["host.yaml"], "limits: { interfaces: 2 }\n");
        testbed.StartAll();
        testbed.Run("host", "ip", "link", "add", "later", "type", "veth", "peer", "name", "latest").Expect();
        testbed.Run("host", "ip", "link", "set", "later", "up").Expect();
        testbed.Run("host", "ip", "link", "set", "latest", "up").Expect();
        testbed.Run("host", "ping", "-q", "-c", "300", "-i", "0.002", "-s", "1000", Testbed.NetworkAddress).Expect();
        string told = "";
        Poll.Until("the right bytes of every interface", AreRight, () => told);
        testbed.Run("host", "ip", "link", "delete", "later").Expect();
        Exposition end = testbed.DpuMetrics();
        Assert.Equal(0, end.Sum(Bytes, ("network_interface_name", "later")));
        Assert.True(end.Sum(Bytes, ("network_interface_name", "other")) > 0);
        foreach (string family in (string[])["system_network_packets_total", "opptel_softnet_processed_packets_total", "opptel_cgroup_network_io_bytes_total"])
            Assert.True(end.Sum(family) > 0, family);

        bool AreRight()
        {
            Exposition metrics = testbed.DpuMetrics();
            List<JsonElement> links = [.. JsonDocument.Parse(testbed.Run("host", "ip", "-s", "-j", "link").Expect()).RootElement.EnumerateArray()];
            (string Name, double Expected, double Found)[] sums =
            [
                .. from link in links
                   from direction in Directions
                   let name = link.GetProperty("ifname").GetString()!
                   let series = name.StartsWith("late", StringComparison.Ordinal) ? "other" : name
                   group Counter(link, direction.Name) by (series, direction.Direction) into one
                   select ($"{one.Key}", one.Sum(), metrics.Sum(Bytes, ("network_interface_name", one.Key.series), ("network_io_direction", one.Key.Direction))),
            ];
            told = string.Join(", ", sums);
            return Array.TrueForAll(sums, sum => Math.Abs(sum.Found - sum.Expected) <= Tolerance * sum.Expected) && sums.Count(sum => sum.Expected > 0) >= 4;
        }
    }

    private static double Counter(JsonElement link, string direction) =>
        link.GetProperty("stats64").GetProperty(direction).GetProperty("bytes").GetDouble();
}
