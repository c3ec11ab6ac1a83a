using OppTel.Segment;

namespace OppTel.Dataplane.Tests;

/// <summary>P10: a worker under load allocates nothing, and nothing in its process makes the collector run.</summary>
public sealed class SteadyStateTests(ITestOutputHelper output) : IDisposable
{
    private const ulong Packets = 5_000_000;

    private const string Endless = """
        memory: 128MiB
        hugepages: none
        pairs:
          - host: { driver: vdev, arguments: "net_pcap0,rx_pcap=$carriers.pcap,infinite_rx=1" }
            network: { driver: vdev, arguments: "net_null0" }
        segment: { path: $segment, ring: 16MiB }
        """;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void MillionsOfCarriersAllocateNothing()
    {
        Random random = new(7);
        Capture.Write(directory["carriers.pcap"], Enumerable.Range(0, 256).Select(number => number % 4 == 0
            ? Frames.Ipv4(100, random)
            : Frames.Stamp(Frames.Ipv4(100, random), random, out _)));
        using DataplaneProcess dataplane = DataplaneProcess.Start(directory, Endless);

        RingConsumer ring = dataplane.Segment.Consumer(0);
        ulong trailers = 0;
        ulong start = Boottime.Now;
        while (dataplane.Counter(0, PortCounter.RxPackets) < Packets)
        {
            Assert.True(Boottime.Now - start < 120_000_000_000, $"{dataplane.Counter(0, PortCounter.RxPackets)} packets in two minutes");
            dataplane.Segment.Header.AggregatorHeartbeat = Boottime.Now;
            while (ring.TryRead(out _, out _))
                trailers++;
            ring.Release();
        }

        ulong packets = dataplane.Counter(0, PortCounter.RxPackets);
        output.WriteLine($"{packets} packets in {(Boottime.Now - start) / 1_000_000} ms with the ring drained");
        ulong polls = dataplane.Counter(WorkerCounter.Polls);
        dataplane.WaitUntil(() => dataplane.Counter(WorkerCounter.Polls) > polls + 1024, "a look at the allocator");
        Assert.Equal(0ul, dataplane.Counter(WorkerCounter.AllocatedBytes));
        Assert.Equal(0ul, dataplane.Counter(WorkerCounter.Collections));
        Assert.True(dataplane.Segment.Port(0).BeaconsSent > 0, "the control thread was to work meanwhile");
        Assert.True(trailers > 0 && trailers <= dataplane.Counter(0, PortCounter.Carriers));
        dataplane.Terminate();
        Assert.Equal(0ul, dataplane.Counter(WorkerCounter.AllocatedBytes));
    }
}
