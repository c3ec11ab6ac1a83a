using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Traffic;

public sealed class AfPacketTrafficTests(AfPacketPath path) : TrafficTests(path), IClassFixture<AfPacketPath>;

public sealed class AfXdpTrafficTests(AfXdpPath path) : TrafficTests(path), IClassFixture<AfXdpPath>;

public sealed class BridgeTrafficTests(BridgePath path) : TrafficTests(path), IClassFixture<BridgePath>;

/// <summary>Applications across a path notice nothing of the trailers, and there were many.</summary>
public abstract partial class TrafficTests(TrafficPath path) : IDisposable
{
    private readonly Testbed testbed = path.Testbed;
    private readonly double stampedBefore = path.Stamped;
    private readonly double packetsBefore = path.Packets;

    /// <summary>After every test: both stacks are content, and a share of the packets carried.</summary>
    public void Dispose()
    {
        StackCounters.Read(testbed.Host).AssertClean("host");
        StackCounters.Read(testbed.Network).AssertClean("network");
        double packets = path.Packets - packetsBefore, stamped = path.Stamped - stampedBefore;
        Assert.True(stamped > 0, $"none of {packets} packets carried a trailer");
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(Testbed.HostAddress)]
    [InlineData($"[{Testbed.HostAddress6}]")]
    public void DownloadsAndUploadsAreIdentical(string address)
    {
        StackCounters before = StackCounters.Read(testbed.Host), networkBefore = StackCounters.Read(testbed.Network);
        string original = testbed[Path.Combine("www", "download")];
        string download = testbed["downloaded"], upload = testbed[Path.Combine("www", "upload", "file")];
        testbed.Run("network", "curl", "-sSf", "-o", download, $"http://{address}/download").Expect();
        testbed.Run("network", "curl", "-sSf", "-T", original, $"http://{address}/upload/file").Expect();
        string hash = Hash(original);
        Assert.Equal(hash, Hash(download));
        Assert.Equal(hash, Hash(upload));
        File.Delete(download);
        File.Delete(upload);
        AssertNoReset(before, StackCounters.Read(testbed.Host));
        AssertNoReset(networkBefore, StackCounters.Read(testbed.Network));
    }

    [Theory]
    [InlineData(Testbed.HostAddress)]
    [InlineData($"[{Testbed.HostAddress6}]")]
    public void ManyShortRequestsSucceed(string address)
    {
        string output = testbed.Run("network", "wrk", "-t1", "-c8", "-d3s", $"http://{address}/").Expect();
        Assert.DoesNotContain("Socket errors", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", output, StringComparison.Ordinal);
        int requests = int.Parse(Requests().Match(output).Groups["count"].Value, CultureInfo.InvariantCulture);
        Assert.True(requests > 100, output);
        double share = (path.Stamped - stampedBefore) / (path.Packets - packetsBefore);
        // On a machine that is busy with other things little changes between two packets, and a packet without news carries nothing.
        Assert.True(share > 0.01, $"{share:P1} of the packets carried a trailer");
    }

    [Theory]
    [InlineData(Testbed.HostAddress)]
    [InlineData(Testbed.HostAddress, "--reverse")]
    [InlineData(Testbed.HostAddress6, "--reverse")]
    public void BulkTransfersRun(string address, params string[] options)
    {
        JsonElement result = Iperf([address, "--time", "2", .. options]);
        Assert.True(result.GetProperty("sum_received").GetProperty("bytes").GetDouble() > 10e6, result.ToString());
    }

    [Theory]
    [InlineData(Testbed.HostAddress)]
    [InlineData(Testbed.HostAddress6, "--reverse")]
    public void DatagramsArrive(string address, params string[] options)
    {
        JsonElement sum = Iperf([address, "--udp", "--bandwidth", "10M", "--length", "501", "--time", "2", .. options]).GetProperty("sum");
        Assert.InRange(sum.GetProperty("packets").GetDouble(), 1000, 1e6);
        Assert.InRange(sum.GetProperty("lost_percent").GetDouble(), 0, 5);
    }

    [Theory]
    [InlineData(Testbed.HostAddress, 1472)]
    [InlineData(Testbed.HostAddress6, 1452)]
    public void DatagramsOfEveryLengthReturnAsTheyWere(string address, int longest)
    {
        using Echo echo = new(testbed.Host, IPAddress.Parse(address));
        using Socket socket = testbed.Network.Udp(echo.Address.AddressFamily);
        socket.Connect(echo.Address);
        socket.ReceiveTimeout = (int)Poll.Patience.TotalMilliseconds;
        byte[] sent = new byte[longest], received = new byte[longest + 1];
        for (int length = 0; length <= longest; length++)
        {
            Random.Shared.NextBytes(sent);
            Assert.Equal(length, socket.Send(sent.AsSpan(0, length)));
            Assert.Equal(length, socket.Receive(received));
            Assert.True(sent.AsSpan(0, length).SequenceEqual(received.AsSpan(0, length)), $"{length} bytes changed");
        }
    }

    [Theory]
    [InlineData(Testbed.HostAddress, 0)]
    [InlineData(Testbed.HostAddress, 57)]
    [InlineData(Testbed.HostAddress, 1472)]
    [InlineData(Testbed.HostAddress, 4001)]
    [InlineData(Testbed.HostAddress6, 57)]
    [InlineData(Testbed.HostAddress6, 1451)]
    [InlineData(Testbed.HostAddress6, 4001)]
    public void PingsReturnWhatWasSent(string address, int size)
    {
        string output = testbed.Run("network", "ping", "-c", "200", "-i", "0.002", "-s", $"{size}", address).Expect();
        Assert.Contains(" 0% packet loss", output, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong data byte", output, StringComparison.Ordinal);
        Assert.DoesNotContain("truncated", output, StringComparison.Ordinal);
    }

    [Fact]
    public void NeighboursAreResolved()
    {
        string mac = testbed.Run("host", "cat", "/sys/class/net/eth0/address").Expect().Trim();
        for (int round = 0; round < 20; round++)
        {
            testbed.Run("network", "ip", "neigh", "flush", "dev", "eth0").Expect();
            testbed.Run("network", "ping", "-c", "1", "-W", "5", Testbed.HostAddress).Expect();
            testbed.Run("network", "ping", "-c", "1", "-W", "5", Testbed.HostAddress6).Expect();
            Assert.Contains(mac, testbed.Run("network", "ip", "neigh", "show", Testbed.HostAddress).Expect(), StringComparison.Ordinal);
            Assert.Contains(mac, testbed.Run("network", "ip", "neigh", "show", Testbed.HostAddress6).Expect(), StringComparison.Ordinal);
        }
    }

    private JsonElement Iperf(IEnumerable<string> arguments)
    {
        CommandResult result = testbed.Run("network", ["iperf3", "--json", "--client", .. arguments]);
        JsonElement answer = JsonDocument.Parse(result.Expect()).RootElement;
        Assert.False(answer.TryGetProperty("error", out _), result.Output);
        return answer.GetProperty("end");
    }

    private static void AssertNoReset(StackCounters before, StackCounters after)
    {
        Assert.Equal(before["Tcp.OutRsts"], after["Tcp.OutRsts"]);
        Assert.Equal(before["Tcp.EstabResets"], after["Tcp.EstabResets"]);
    }

    private static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(stream));
    }

    [GeneratedRegex(@"(?<count>\d+) requests in")]
    private static partial Regex Requests();
}
