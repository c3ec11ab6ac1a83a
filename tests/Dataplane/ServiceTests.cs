using System.Net.Sockets;
using System.Text;
using OppTel.Segment;
using OppTel.Worker;

namespace OppTel.Dataplane.Tests;

/// <summary>What systemd hears, and when the watchdog may be fed.</summary>
public sealed class ServiceTests : IDisposable
{
    private const string Yaml = """
        memory: 64MiB
        hugepages: none
        polling: adaptive
        pairs:
          - host: { driver: vdev, arguments: "net_null0,no-rx=1" }
            network: { driver: vdev, arguments: "net_null1,no-rx=1" }
        segment: { path: $segment }
        """;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void ReadyThenAliveThenStopping()
    {
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        manager.Bind(new UnixDomainSocketEndPoint(directory["notify"]));
        Dictionary<string, string> environment = new() { ["NOTIFY_SOCKET"] = directory["notify"], ["WATCHDOG_USEC"] = "300000" };
        using DataplaneProcess dataplane = DataplaneProcess.Start(directory, Yaml, environment: environment);

        Assert.Equal("READY=1", Receive(manager));
        ulong first = Boottime.Now;
        for (int message = 0; message < 5; message++)
            Assert.Equal("WATCHDOG=1", Receive(manager));
        Assert.InRange(Boottime.Now - first, 300_000_000ul, 10_000_000_000ul);
        dataplane.Terminate();
        string last = "WATCHDOG=1";
        while (last == "WATCHDOG=1")
            last = Receive(manager);
        Assert.Equal("STOPPING=1", last);
    }

    [Fact]
    public void OneWorkerThatStandsStillEndsTheLease()
    {
        SegmentDescription description = new(2, [new PortDescription("host0", "pair0", PortSide.Host, 1500)], 4096);
        using SharedSegment segment = SharedSegment.Create(directory["segment"], description, group: null);
        using PacketWorker one = new(Setup(segment, 0)), other = new(Setup(segment, 1));
        LeaseGuard guard = new(segment, [one, other], TimeSpan.FromMilliseconds(300));
        ulong now = one.Heartbeat;

        Assert.Equal(0u, guard.Grant(now));
        segment.Header.AggregatorHeartbeat = now;
        Assert.Equal(300u, guard.Grant(now));
        ulong later = now + 250_000_000;
        segment.Header.AggregatorHeartbeat = later;
        one.Heartbeat = later;
        // The aggregator may write here; that makes no worker move.
        segment.WorkerCounters(1)[(int)WorkerCounter.Heartbeat] = later;
        Assert.False(guard.WorkersAdvance(later));
        Assert.Equal(0u, guard.Grant(later));
        other.Heartbeat = later;
        Assert.True(guard.WorkersAdvance(later));
        Assert.Equal(300u, guard.Grant(later));
        segment.Header.AggregatorHeartbeat = later + 3_600_000_000_000;
        Assert.Equal(0u, guard.Grant(later));
    }

    private static WorkerSetup Setup(SharedSegment segment, ushort queue) => new()
    {
        Queue = queue,
        Cpu = queue,
        Lanes = [],
        Segment = segment,
        Pool = null!,
        Beacons = [],
        Adaptive = false,
    };

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[64];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
