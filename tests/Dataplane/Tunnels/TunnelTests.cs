using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Dataplane.Tests.Tunnels;

/// <summary>Packets of tunnels through the real program, from one capture file to another.</summary>
public sealed class TunnelTests : IDisposable
{
    /// <summary>From and to capture files; no fragment waits in vain on a busy machine.</summary>
    internal const string Pcap = """
        memory: 128MiB
        hugepages: none
        pairs:
          - host: { driver: vdev, arguments: "net_pcap0,rx_pcap=$host.pcap,tx_pcap=$to_host.pcap" }
            network: { driver: vdev, arguments: "net_pcap1,rx_pcap=$network.pcap,tx_pcap=$to_network.pcap" }
        segment: { path: $segment, ring: 16MiB }
        tunnels: { fragment_timeout: 1s }
        """;

    private const int Whole = 9000;
    private readonly TemporaryDirectory directory = new();
    private readonly Random random = new(20260101);

    public void Dispose() => directory.Dispose();

    [Fact]
    public void WhatLeavesIsWhatTheStackWouldHaveMade()
    {
        List<TunnelledPacket> packets = [.. Enumerable.Range(0, 10_000).Select(number => TunnelledPacket.Any(random, number, random.Next(4) != 0, Whole))];
        using DataplaneProcess dataplane = Run([.. packets.SelectMany(packet => packet.Sent)]);
        AssertSame(packets.SelectMany(packet => packet.Bare), Left());
        AssertTaken(dataplane, packets);
        Assert.Equal(0ul, dataplane.Counter(0, PortCounter.FragmentedDatagrams));
    }

    /// <summary>Trailers inside the last fragment, across the last two, and alone in the last one; on small underlays and large ones.</summary>
    [Theory]
    [InlineData(600)]
    [InlineData(1280)]
    [InlineData(1400)]
    public void FragmentsLeaveAsThoseOfTheShorterDatagram(int mtu)
    {
        List<TunnelledPacket> packets = [.. Enumerable.Range(0, 5_000).Select(number => TunnelledPacket.Any(random, number, random.Next(4) != 0, mtu))];
        using DataplaneProcess dataplane = Run([.. packets.SelectMany(packet => packet.Sent)]);
        AssertSame(packets.SelectMany(packet => packet.Bare), Left());
        AssertTaken(dataplane, packets);
        Assert.Equal((ulong)packets.Count(packet => packet.Sent.Count > 1), dataplane.Counter(0, PortCounter.FragmentedDatagrams));
        Assert.True(packets.Count(packet => packet.Sent.Count != packet.Bare.Count) > 20, "too few trailers that had a fragment of their own");
    }

    /// <summary>Datagrams whose fragments mix, as those of several CPUs do: each leaves when its last fragment comes, none overtakes another.</summary>
    [Fact]
    public void MixedDatagramsLeaveInTheOrderInWhichTheyWereWhole()
    {
        List<byte[]> sent = [], bare = [];
        List<(TunnelledPacket Packet, int Next)> open = [];
        List<TunnelledPacket> all = [];
        for (int number = 0; number < 4_000 || open.Count > 0; number++)
        {
            if (number < 4_000 && open.Count < 20)
            {
                all.Add(TunnelledPacket.Any(random, number, random.Next(4) != 0, 700));
                open.Add((all[^1], 0));
            }

            int which = random.Next(open.Count);
            (TunnelledPacket packet, int next) = open[which];
            sent.Add(packet.Sent[next]);
            open[which] = (packet, next + 1);
            if (next + 1 < packet.Sent.Count)
                continue;
            bare.AddRange(packet.Bare);
            open.RemoveAt(which);
        }

        using DataplaneProcess dataplane = Run(sent);
        AssertSame(bare, Left());
        AssertTaken(dataplane, all);
    }

    [Fact]
    public void WithoutPortsNothingIsLookedFor()
    {
        List<TunnelledPacket> packets = [.. Enumerable.Range(0, 500).Select(number => TunnelledPacket.Any(random, number, true, 1400))];
        List<byte[]> sent = [.. packets.SelectMany(packet => packet.Sent)];
        using DataplaneProcess dataplane = Run(sent, Pcap.Replace("{ fragment_timeout: 1s }", "{ vxlan_ports: [], geneve_ports: [] }", StringComparison.Ordinal));
        AssertSame(sent, Left());
        Assert.Equal(0ul, dataplane.Counter(0, PortCounter.Carriers));
    }

    private static void AssertTaken(DataplaneProcess dataplane, List<TunnelledPacket> packets)
    {
        List<byte[]> trailers = [.. packets.Select(packet => packet.Trailer).Where(trailer => trailer.Length > 0)];
        Assert.Equal((ulong)trailers.Count, dataplane.Counter(0, PortCounter.Carriers));
        Assert.Equal((ulong)trailers.Count, dataplane.Counter(0, PortCounter.Tunnelled));
        Assert.Equal((ulong)trailers.Sum(trailer => trailer.Length), dataplane.Counter(0, PortCounter.TrailerBytes));
        List<byte[]> found = [];
        RingConsumer ring = dataplane.Segment.Consumer(0);
        while (ring.TryRead(out _, out ReadOnlySpan<byte> payload))
            found.Add(payload.ToArray());
        Assert.Equal(trailers.Select(Convert.ToHexString).Order(StringComparer.Ordinal), found.Select(Convert.ToHexString).Order(StringComparer.Ordinal));
        Assert.Equal((ulong)packets.Sum(packet => packet.Bare.Sum(frame => frame.Length)), dataplane.Counter(1, PortCounter.TxBytes));
        for (StripReason reason = StripReason.UnknownVersion; reason <= StripReason.BadTunnel; reason++)
            Assert.Equal(0ul, dataplane.Rejected(0, reason));
    }

    private DataplaneProcess Run(List<byte[]> host, string yaml = Pcap)
    {
        Capture.Write(directory["host.pcap"], host);
        Capture.Write(directory["network.pcap"], []);
        DataplaneProcess dataplane = DataplaneProcess.Start(directory, yaml);
        dataplane.Terminate(0, host.Count);
        return dataplane;
    }

    private List<byte[]> Left() => Capture.Read(directory["to_network.pcap"]);

    private static void AssertSame(IEnumerable<byte[]> expected, List<byte[]> actual)
    {
        byte[][] wanted = [.. expected];
        for (int index = 0; index < Math.Min(wanted.Length, actual.Count); index++)
            Assert.Equal((index, Convert.ToHexString(wanted[index])), (index, Convert.ToHexString(actual[index])));
        Assert.Equal(wanted.Length, actual.Count);
    }
}
