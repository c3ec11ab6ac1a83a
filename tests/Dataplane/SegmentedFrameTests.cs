using OppTel.Dpdk;

namespace OppTel.Dataplane.Tests;

/// <summary>Cutting frames that lie in several mbufs, in this process on a real DPDK; EAL starts once and stays.</summary>
public sealed unsafe class SegmentedFrameTests : IDisposable
{
    private const int Room = 2048;
    private const int Segments = 4;

    private readonly TemporaryDirectory directory = new();
    private readonly byte[] frame = new byte[(Segments * Room) - 100];

    public void Dispose() => directory.Dispose();

    [Fact]
    public void EveryLengthLeavesTheRightSegmentsAndLosesNoMbuf() => OnDpdk(() =>
    {
        new Random(3).NextBytes(frame);
        Capture.Write(directory["jumbo.pcap"], Enumerable.Repeat(frame, frame.Length));
        using PacketPool pool = PacketPool.Create("segments", 4095, 0, Room);
        Eal.Probe($"net_pcap0,rx_pcap={directory["jumbo.pcap"]}");
        EthPort port = EthPort.ByName("net_pcap0");
        port.Configure(pool, queues: 1, descriptors: 64, mtu: 0, frameRoom: frame.Length);
        port.Start();
        uint free = pool.Available;

        byte[] copy = new byte[frame.Length];
        for (int length = frame.Length; length > 0; length--)
        {
            RteMbuf* mbuf;
            ulong arrival = 0;
            Assert.Equal(1, PacketIo.Receive(port.Id, 0, &mbuf, 1, &arrival));
            Assert.NotEqual(0ul, arrival);
            Assert.Equal((Segments, frame.Length), (mbuf->NbSegs, (int)mbuf->PktLen));
            List<int> before = Lengths(mbuf);
            Assert.False(PacketIo.TryTruncate(mbuf, (uint)frame.Length + 1));
            Assert.True(PacketIo.TryTruncate(mbuf, (uint)length));
            AssertChain(mbuf, length, before);
            Assert.True(PacketIo.TryCopy(mbuf, 0, copy.AsSpan(0, length)));
            Assert.True(copy.AsSpan(0, length).SequenceEqual(frame.AsSpan(0, length)));
            Assert.False(PacketIo.TryCopy(mbuf, 1, copy.AsSpan(0, length)));
            Assert.Equal(free - (uint)mbuf->NbSegs, pool.Available);
            PacketIo.Free(&mbuf, 1);
            Assert.Equal(free, pool.Available);
        }

        port.Stop();
    });

    private static void AssertChain(RteMbuf* mbuf, int length, List<int> before)
    {
        List<int> after = Lengths(mbuf);
        Assert.DoesNotContain(0, after);
        Assert.Equal(before.Take(after.Count - 1), after.Take(after.Count - 1));
        Assert.Equal((after.Count, length, length), (mbuf->NbSegs, (int)mbuf->PktLen, after.Sum()));
    }

    private static List<int> Lengths(RteMbuf* mbuf)
    {
        List<int> lengths = [];
        for (RteMbuf* segment = mbuf; segment != null; segment = segment->Next)
            lengths.Add(segment->DataLen);
        return lengths;
    }

    /// <summary>EAL pins the thread that starts it: that must not be one of the test runner's.</summary>
    private static void OnDpdk(Action test)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Assert.True(Shim.TryOpen(WireLayouts.All, out string reason), reason);
                Eal.Initialize(["--no-huge", "--no-shconf", "--no-telemetry", "--no-pci", "-m", "64", "--lcores", "0"]);
                test();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
