using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Dataplane.Tests;

/// <summary>The real program between two capture files.</summary>
public sealed class ForwardingTests : IDisposable
{
    private const string Pcap = """
        memory: 128MiB
        hugepages: none
        pairs:
          - host: { driver: vdev, arguments: "net_pcap0,rx_pcap=$host.pcap,tx_pcap=$to_host.pcap" }
            network: { driver: vdev, arguments: "net_pcap1,rx_pcap=$network.pcap,tx_pcap=$to_network.pcap" }
        segment: { path: $segment, ring: 16MiB }
        """;

    private const int Host = 0;
    private const int Network = 1;

    private readonly TemporaryDirectory directory = new();
    private readonly Random random = new(20240229);

    public void Dispose() => directory.Dispose();

    [Fact]
    public void WhatLeavesIsWhatCameWithoutTheTrailers()
    {
        List<byte[]> sent = [], bare = [], trailers = [];
        for (int frame = 0; frame < 20_000; frame++)
        {
            byte[] plain = Frames.Any(random);
            // Garbage has no L3 end, so nothing can be behind it.
            bool stamped = L3.TryFindEnd(plain, out int end) && end == plain.Length && random.Next(3) != 0;
            bare.Add(plain);
            sent.Add(stamped ? Frames.Stamp(plain, random, out byte[] trailer) : plain);
            if (stamped)
                trailers.Add(sent[^1][plain.Length..]);
        }

        using (DataplaneProcess dataplane = Run(sent, []))
        {
            AssertSame(bare, Capture.Read(directory["to_network.pcap"]));
            AssertSame(trailers, Drain(dataplane, RecordKind.Trailer));
            Assert.Equal((ulong)trailers.Count, dataplane.Counter(Host, PortCounter.Carriers));
            Assert.Equal((ulong)trailers.Sum(trailer => trailer.Length), dataplane.Counter(Host, PortCounter.TrailerBytes));
            Assert.Equal((ulong)sent.Sum(frame => frame.Length), dataplane.Counter(Host, PortCounter.RxBytes));
            Assert.Equal((ulong)bare.Sum(frame => frame.Length), dataplane.Counter(Network, PortCounter.TxBytes));
            Assert.Equal((ulong)bare.Count, dataplane.Counter(Network, PortCounter.TxPackets));
        }
    }

    [Fact]
    public void TrailersAcrossSegmentsAreCutAtEveryOffset()
    {
        // Mbufs have 2176 bytes here, the first one 128 of headroom: frames that end near a boundary, up to a trailer behind it.
        List<byte[]> sent = [], bare = [], trailers = [];
        foreach (int boundary in new[] { 2048, 4224, 8576 })
        {
            for (int beyond = -8; beyond <= 160; beyond++)
            {
                byte[] plain = Frames.Ipv4(boundary - 80 + beyond, random);
                bare.Add(plain);
                sent.Add(Frames.Stamp(plain, random, out byte[] trailer));
                trailers.Add(trailer);
                bare.Add(plain);
                sent.Add(plain);
            }
        }

        using (DataplaneProcess dataplane = Run(sent, []))
        {
            AssertSame(bare, Capture.Read(directory["to_network.pcap"]));
            AssertSame(trailers, Drain(dataplane, RecordKind.Trailer));
        }
    }

    [Fact]
    public void SegmentsBehindTheCutGoBackToTheirPool()
    {
        // The trailer is the whole second segment, and there are more of them than the pool has mbufs.
        byte[] plain = Frames.Ipv4(2048, random);
        List<byte[]> sent = [.. Enumerable.Range(0, 30_000).Select(_ => Frames.Stamp(plain, random, out byte[] _))];
        using (DataplaneProcess dataplane = Run(sent, []))
        {
            Assert.Equal((ulong)sent.Count, dataplane.Counter(Network, PortCounter.TxPackets));
            AssertSame(Enumerable.Repeat(plain, sent.Count), Capture.Read(directory["to_network.pcap"]));
        }
    }

    [Fact]
    public void DamagedTrailersLeaveUntouchedAndAreCounted()
    {
        List<byte[]> sent = [];
        byte[] stamped = Frames.Stamp(Frames.Ipv4(100, random), random, out byte[] trailer);
        for (int bit = 0; bit < 8 * trailer.Length; bit++)
        {
            byte[] damaged = (byte[])stamped.Clone();
            damaged[stamped.Length - trailer.Length + (bit / 8)] ^= (byte)(1 << (bit % 8));
            sent.Add(damaged);
        }

        for (int length = 14; length < stamped.Length; length++)
            sent.Add(stamped[..length]);
        sent.Add([.. stamped[..^trailer.Length], 0, 0, .. trailer]);
        sent.Add(Frames.Stamp(Frames.Garbage(90, random), random, out _));
        ulong[] expected = new ulong[StripReasons.Count];
        foreach (byte[] frame in sent)
            expected[(int)Trailer.Inspect(frame, out _)]++;
        Assert.Equal(0ul, expected[(int)StripReason.Stripped]);

        using (DataplaneProcess dataplane = Run(sent, []))
        {
            AssertSame(sent, Capture.Read(directory["to_network.pcap"]));
            for (StripReason reason = StripReason.UnknownVersion; reason <= StripReason.BadTunnel; reason++)
                Assert.Equal(expected[(int)reason], dataplane.Rejected(Host, reason));
            Assert.Equal(0ul, dataplane.Rejected(Host, StripReason.NoTrailer));
            Assert.Empty(Drain(dataplane, RecordKind.Trailer));
        }
    }

    [Fact]
    public void ControlFramesEndHere()
    {
        byte[] heartbeat = Frames.Control(ControlKind.Heartbeat, 0, random);
        byte[] carrier = Frames.Stamp(heartbeat, random, out byte[] trailer);
        byte[] catalog = Frames.Control(ControlKind.Catalog, 900, random);
        byte[] stranger = Frames.Control(ControlKind.Catalog, 60, random, toGroup: false);
        byte[] plain = Frames.Ipv4(70, random), other = Frames.Ipv6(90, random);
        byte[] forged = Frames.Control(ControlKind.Beacon, 32, random);

        using (DataplaneProcess dataplane = Run([plain, carrier, catalog, other, stranger, heartbeat], [plain, forged, other]))
        {
            AssertSame([plain, other, stranger], Capture.Read(directory["to_network.pcap"]));
            AssertSame([plain, other], Capture.Read(directory["to_host.pcap"]).Where(frame => !IsBeacon(frame)));
            List<byte[]> trailers = [], control = [];
            RingConsumer ring = dataplane.Segment.Consumer(0);
            while (ring.TryRead(out RecordHeader header, out ReadOnlySpan<byte> payload))
                (header.Kind == RecordKind.Trailer ? trailers : control).Add(payload.ToArray());
            AssertSame([trailer], trailers);
            AssertSame([heartbeat, catalog, heartbeat], control);
            Assert.Equal(3ul, dataplane.Counter(Host, PortCounter.ControlFrames));
            Assert.Equal(1ul, dataplane.Counter(Network, PortCounter.ControlDropped));
        }
    }

    [Fact]
    public void FromTheNetworkEvenTrailersPassUntouched()
    {
        byte[][] sent = [Frames.Stamp(Frames.Ipv4(200, random), random, out _), Frames.Arp(random)];
        using (DataplaneProcess dataplane = Run([], sent))
            AssertSame(sent, Capture.Read(directory["to_host.pcap"]).Where(frame => !IsBeacon(frame)));
    }

    [Fact]
    public void AFullRingCostsTheTrailersAndNoFrame()
    {
        List<byte[]> bare = [.. Enumerable.Range(0, 500).Select(_ => Frames.Ipv4(120, random))];
        List<byte[]> sent = [.. bare.Select(frame => Frames.Stamp(frame, random, out _))];
        sent.Add(Frames.Control(ControlKind.Catalog, 1000, random));
        using (DataplaneProcess dataplane = Run(sent, [], Pcap.Replace("16MiB", "4KiB", StringComparison.Ordinal)))
        {
            AssertSame(bare, Capture.Read(directory["to_network.pcap"]));
            int kept = Drain(dataplane, RecordKind.Trailer).Count;
            Assert.InRange(kept, 1, bare.Count - 1);
            Assert.Equal((ulong)(bare.Count - kept), dataplane.Counter(Host, PortCounter.HandoverLost));
            Assert.Equal(1ul, dataplane.Counter(Host, PortCounter.ControlLost));
        }
    }

    [Fact]
    public void FramesThatTheDeviceRefusesAreCountedAndFreed()
    {
        // A memif without a peer takes nothing.
        const string Memif = "net_memif0,role=server,socket-abstract=no,socket=$memif.sock";
        string yaml = Pcap.Replace("net_pcap1,rx_pcap=$network.pcap,tx_pcap=$to_network.pcap", Memif, StringComparison.Ordinal);
        List<byte[]> sent = [.. Enumerable.Range(0, 60_000).Select(_ => Frames.Ipv4(300, random))];
        using (DataplaneProcess dataplane = Run(sent, [], yaml))
        {
            Assert.Equal((ulong)sent.Count, dataplane.Counter(Network, PortCounter.TxDropped));
            Assert.Equal(0ul, dataplane.Counter(Network, PortCounter.TxPackets));
            Assert.Equal(0ul, dataplane.Counter(Network, PortCounter.TxBytes));
        }
    }

    private DataplaneProcess Run(List<byte[]> host, byte[][] network, string yaml = Pcap)
    {
        Capture.Write(directory["host.pcap"], host);
        Capture.Write(directory["network.pcap"], network);
        DataplaneProcess dataplane = DataplaneProcess.Start(directory, yaml);
        try
        {
            dataplane.WaitUntil(() => dataplane.Counter(Network, PortCounter.RxPackets) >= (ulong)network.Length, $"{network.Length} packets from the network");
            dataplane.Terminate(Host, host.Count);
            return dataplane;
        }
        catch
        {
            dataplane.Dispose();
            throw;
        }
    }

    private static List<byte[]> Drain(DataplaneProcess dataplane, RecordKind kind)
    {
        List<byte[]> payloads = [];
        RingConsumer ring = dataplane.Segment.Consumer(0);
        while (ring.TryRead(out RecordHeader header, out ReadOnlySpan<byte> payload))
        {
            Assert.Equal(Host, header.Port);
            if (header.Kind == kind)
                payloads.Add(payload.ToArray());
        }

        Assert.Equal(0ul, ring.Resyncs);
        return payloads;
    }

    private static bool IsBeacon(byte[] frame) => frame.AsSpan().StartsWith(Frames.ControlGroup);

    private static void AssertSame(IEnumerable<byte[]> expected, IEnumerable<byte[]> actual)
    {
        byte[][] wanted = [.. expected], found = [.. actual];
        Assert.Equal(wanted.Length, found.Length);
        for (int index = 0; index < wanted.Length; index++)
            Assert.True(wanted[index].AsSpan().SequenceEqual(found[index]), $"frame {index}: {Convert.ToHexString(wanted[index])} became {Convert.ToHexString(found[index])}");
    }
}
