using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Dataplane.Tests;

/// <summary>What the dataplane tells its hosts, as a host receives it.</summary>
public sealed class BeaconTests : IDisposable
{
    private const string Yaml = """
        memory: 128MiB
        hugepages: none
        polling: adaptive
        max_trailer: 200
        key_file: $key
        pairs:
          - host: { driver: vdev, arguments: "net_pcap0,tx_pcap=$to_host.pcap" }
            network: { driver: vdev, arguments: "net_null0,no-rx=1" }
        segment: { path: $segment }
        """;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void TheLeaseFollowsTheAggregatorsHeartbeat()
    {
        byte[] secret = new byte[32];
        Random.Shared.NextBytes(secret);
        File.WriteAllText(directory["key"], Convert.ToHexString(secret));
        File.SetUnixFileMode(directory["key"], UnixFileMode.UserRead);
        using DataplaneProcess dataplane = DataplaneProcess.Start(directory, Yaml);

        WaitForBeacons(dataplane, 3);
        Assert.Equal(0ul, dataplane.Segment.Port(0).LeaseMilliseconds);
        DescribeHost(ref dataplane.Segment.Port(0).Host);
        dataplane.WaitUntil(() => Lease(dataplane, alive: true) == 300, "a lease");
        dataplane.WaitUntil(() => Lease(dataplane, alive: false) == 0, "the end of the lease");
        dataplane.WaitUntil(() => Lease(dataplane, alive: true) == 300, "the next lease");
        ulong sent = dataplane.Segment.Port(0).BeaconsSent;
        dataplane.Terminate();

        List<byte[]> frames = Capture.Read(directory["to_host.pcap"]);
        Assert.True((ulong)frames.Count > sent, $"{frames.Count} beacons, {sent} before the last one");
        List<(ControlHeader Header, Beacon Beacon)> beacons = [.. frames.Select(frame => Open(frame, ControlKey.FromBytes(secret)))];
        Assert.All(beacons.Zip(beacons.Skip(1)), pair => Assert.True(pair.First.Header.Counter < pair.Second.Header.Counter));
        Assert.All(beacons, beacon => Assert.Equal((ushort)200, beacon.Beacon.MaxTrailer));
        Assert.Equal([0u, 300u, 0u, 300u, 0u], Changes(beacons.Select(beacon => beacon.Beacon.LeaseMilliseconds)));

        // Those of a beacon without a lease, the last one, are over.
        Assert.All(beacons, beacon => Assert.Equal(beacon.Beacon.LeaseMilliseconds > 0 ? 2 : 0, beacon.Beacon.Boosts));
        (byte[] boosting, Beacon boosts) = frames.Zip(beacons, (frame, beacon) => (frame, beacon.Beacon)).Last(pair => pair.Beacon.Boosts > 0);
        BeaconBoost first = boosts.Boost(boosting.AsSpan(14 + ControlHeader.Size), 0), second = boosts.Boost(boosting.AsSpan(14 + ControlHeader.Size), 1);
        Assert.Equal((17u, 100u, 19u, 5000u, uint.MaxValue), (first.Metric, first.IntervalMicroseconds, second.Metric, second.IntervalMicroseconds, second.RemainingMilliseconds));
        Assert.InRange(first.RemainingMilliseconds, 3_500_000u, 3_600_000u);

        Beacon full = beacons[^1].Beacon;
        Assert.Equal((4711ul, (ushort)9, (ushort)2), (full.HostInstance, full.Epoch, full.Streams));
        Assert.Equal(new BeaconStream(3, 1000, 5), Beacon.Stream(frames[^1].AsSpan(14 + ControlHeader.Size), 1));
    }

    private static void DescribeHost(ref HostView host)
    {
        SequenceLock.BeginWrite(ref host.Sequence);
        host.HostInstance = 4711;
        host.Epoch = 9;
        host.StreamCount = 2;
        host.BoostCount = 3;
        host.Boosts[0] = new HostBoost(17, 100, Boottime.Now + 3_600_000_000_000);
        host.Boosts[1] = new HostBoost(18, 100, Boottime.Now - 1);
        host.Boosts[2] = new HostBoost(19, 5000, ulong.MaxValue);
        unsafe
        {
            fixed (byte* entries = host.Streams)
                new BeaconStream(3, 1000, 5).Write(new Span<byte>(entries + Beacon.StreamSize, Beacon.StreamSize));
        }

        SequenceLock.EndWrite(ref host.Sequence);
    }

    private static ulong Lease(DataplaneProcess dataplane, bool alive)
    {
        if (alive)
            dataplane.Segment.Header.AggregatorHeartbeat = Boottime.Now;
        return Volatile.Read(ref dataplane.Segment.Port(0).LeaseMilliseconds);
    }

    private static void WaitForBeacons(DataplaneProcess dataplane, ulong count) =>
        dataplane.WaitUntil(() => Volatile.Read(ref dataplane.Segment.Port(0).BeaconsSent) >= count, $"{count} beacons");

    private static (ControlHeader Header, Beacon Beacon) Open(byte[] frame, ControlKey key)
    {
        Assert.True(L3.TryFindEnd(frame, out int end));
        Assert.Equal(frame.Length, end);
        Assert.True(ControlHeader.TryRead(frame.AsSpan(14), out ControlHeader header));
        Assert.Equal(ControlKind.Beacon, header.Kind);
        Assert.True(key.Verify(frame.AsSpan(14)));
        Assert.True(Beacon.TryRead(frame.AsSpan(14 + ControlHeader.Size), out Beacon beacon));
        return (header, beacon);
    }

    private static List<uint> Changes(IEnumerable<uint> values)
    {
        List<uint> changes = [];
        foreach (uint value in values)
        {
            if (changes.Count == 0 || changes[^1] != value)
                changes.Add(value);
        }

        return changes;
    }
}
