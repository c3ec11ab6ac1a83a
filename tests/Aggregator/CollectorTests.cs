using System.Net;
using System.Net.Sockets;
using OppTel.Catalog;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>The real program as a collector: what hosts send by UDP, and what others try.</summary>
public sealed class CollectorTests : IDisposable
{
    private static readonly Metric[] Metrics = [TestHost.Metric(1, "a_total", Kind.Counter), TestHost.Metric(2, "b", Kind.Gauge)];
    private static readonly Block Pid = TestHost.Block(10, [1, 2], ("pid", "1"));
    private readonly int port = FreePort();
    private AggregatorProcess? process;

    public void Dispose() => process?.Dispose();

    [Fact]
    public async Task ItIsReadyWithoutADataplaneAndTakesWhatAHostSends()
    {
        AggregatorProcess aggregator = StartAlone();
        await aggregator.Ready();
        using TestPeer host = new(port, 7);
        Beacon known = host.Agree(epoch: 3, Metrics, Pid);
        Assert.Equal((7ul, 0u, (ushort)3), (known.HostInstance, known.LeaseMilliseconds, known.Epoch));
        host.Dedicate(41, 3, new ValueRecord(10, 500), new ValueRecord(11, 6));
        Beacon answer = host.Until(beacon => beacon.Dedicated.Has(41));
        Assert.False(answer.Dedicated.Has(40));
        string page = await aggregator.MetricsWith("a_total{host=\"alpha\",pid=\"1\"} 500");
        Assert.Contains("opptel_transport_records_total{host=\"alpha\",transport=\"dedicated\"} 2", page, StringComparison.Ordinal);
        Assert.Contains("opptel_transport_series{host=\"alpha\",transport=\"dedicated\"} 2", page, StringComparison.Ordinal);
        Assert.Contains("opptel_collector_hosts 1", page, StringComparison.Ordinal);
        Assert.Equal("live", (await aggregator.Summary()).GetProperty("hosts")[0].GetProperty("state").GetString());
    }

    /// <summary>One host, by way of the dataplane first, then by UDP while that is gone, then by its successor: one series that goes on.</summary>
    [Fact]
    public async Task AHostThatChangesItsWayIsOneHostWithTheSameSeries()
    {
        AggregatorProcess aggregator = process = new AggregatorProcess($"collector: {{ listen: '127.0.0.1:{port}' }}\n").Start();
        using TestPeer host = new(port, 7);
        using (TestDataplane first = new(aggregator.SegmentPath))
        {
            await aggregator.Ready();
            first.Control(host.Sender.Catalog(host.Sender.Whole(3, Metrics, Pid)));
            first.Trailer(host.Sender.Trailer(0, 3, Boottime.Now, new ValueRecord(10, 500)));
            await aggregator.MetricsWith("a_total{host=\"alpha\",pid=\"1\"} 500");
            first.Die();
        }

        Beacon greeted = host.Until(beacon => beacon.HostInstance == 7);
        Assert.Equal(3, greeted.Epoch);
        host.Dedicate(1, 3, new ValueRecord(10, 600));
        await aggregator.MetricsWith("a_total{host=\"alpha\",pid=\"1\"} 600");
        using TestDataplane second = new(aggregator.SegmentPath);
        second.Control(host.Sender.Catalog(host.Sender.Whole(4, Metrics, Pid)));
        second.Trailer(host.Sender.Trailer(0, 4, Boottime.Now, new ValueRecord(10, 700)));
        string page = await aggregator.MetricsWith("a_total{host=\"alpha\",pid=\"1\"} 700");
        Assert.Single(page.Split('\n'), line => line.StartsWith("a_total{", StringComparison.Ordinal));
        Assert.Contains("opptel_transport_records_total{host=\"alpha\",transport=\"piggyback\"} 2", page, StringComparison.Ordinal);
        Assert.Contains("opptel_transport_series{host=\"alpha\",transport=\"piggyback\"} 1", page, StringComparison.Ordinal);
        Assert.Equal(1, (await aggregator.Summary()).GetProperty("hosts").GetArrayLength());
    }

    /// <summary>Whatever strangers send is counted, answered with nothing, and changes nothing.</summary>
    [Fact]
    public async Task ForgedAndReplayedDatagramsAreRefusedAndCounted()
    {
        AggregatorProcess aggregator = StartAlone();
        await aggregator.Ready();
        using TestPeer host = new(port, 7);
        host.Agree(epoch: 3, Metrics, Pid);
        byte[] real = host.Dedicate(1, 3, new ValueRecord(10, 500));
        host.Until(beacon => beacon.Dedicated.Has(1));
        using Socket stranger = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 500 };
        stranger.Connect(IPAddress.Loopback, port);
        stranger.Send(real);
        byte[] flipped = [.. real];
        flipped[60] ^= 1;
        stranger.Send(flipped);
        stranger.Send(Array.Empty<byte>());
        stranger.Send(new byte[5000]);
        using TestPeer other = new(port, 9, ControlKey.FromBytes(Enumerable.Repeat((byte)3, 32).ToArray()));
        other.Greet();
        // The same host, for another run of the collector.
        stranger.Send(host.Packet(ControlKind.Dedicated, real[ControlHeader.Size..], recipient: 12345));
        stranger.Send(host.Packet(ControlKind.Beacon, new byte[Beacon.FixedSize], host.Recipient));
        foreach ((string outcome, int count) in ((string, int)[])[("replayed", 1), ("bad_tag", 2), ("malformed", 2), ("other_recipient", 1), ("unknown_kind", 1)])
            await aggregator.MetricsWith($"opptel_collector_datagrams_total{{outcome=\"{outcome}\"}} {count}\n");
        Assert.Throws<SocketException>(() => stranger.Receive(new byte[100]));
        Assert.Contains("a_total{host=\"alpha\",pid=\"1\"} 500", (await aggregator.Get("/metrics")).Text, StringComparison.Ordinal);
        Assert.Contains("opptel_collector_hosts 1", (await aggregator.Get("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AsManyHostsAsConfiguredAndNotOneMore()
    {
        AggregatorProcess aggregator = StartAlone(", max_hosts: 2");
        await aggregator.Ready();
        List<TestPeer> hosts = [.. Enumerable.Range(0, 3).Select(number => new TestPeer(port, (ulong)number + 7, name: $"host{number}"))];
        hosts[0].Agree(3, Metrics, Pid);
        hosts[1].Agree(3, Metrics, Pid);
        hosts[2].Greet();
        hosts[2].Until(beacon => true);
        hosts[2].Send(ControlKind.Heartbeat, []);
        await aggregator.MetricsWith("opptel_collector_datagrams_total{outcome=\"too_many_senders\"} 1\n");
        await aggregator.MetricsWith("opptel_collector_hosts 2");
        hosts.ForEach(host => host.Dispose());
    }

    [Fact]
    public async Task AnAddressThatIsTakenIsNamed()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, port));
        AggregatorProcess aggregator = StartAlone();
        for (int attempt = 0; attempt < 150 && !aggregator.Log.Contains("collector.listen", StringComparison.Ordinal); attempt++)
            await Task.Delay(100);
        Assert.Contains($"cannot listen on UDP 127.0.0.1:{port} (collector.listen)", aggregator.Log, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private AggregatorProcess StartAlone(string more = "")
    {
        process = new AggregatorProcess();
        File.WriteAllText(process.ConfigurationPath, $"segment: none\nlisten: 127.0.0.1:{process.Port}\ncollector: {{ listen: '127.0.0.1:{port}'{more} }}\n");
        return process.Start();
    }
}
