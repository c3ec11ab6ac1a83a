using CsCheck;
using OppTel.Catalog;
using OppTel.Telemetry;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

public class ReceiverTests
{
    private const ulong Second = 1_000_000_000;
    private static readonly Metric[] Metrics = [TestHost.Metric(1, "a_total", Kind.Counter), TestHost.Metric(2, "b_total", Kind.Counter)];
    private readonly Receiver receiver;
    private ulong now = 100 * Second;

    public ReceiverTests()
    {
        receiver = NewReceiver(ControlKey.Public);
    }

    [Fact]
    public void TheRecordPathAllocatesNothing()
    {
        TestHost host = new(7);
        receiver.TakeControl(0, host.Catalog(host.Whole(3, Metrics, TestHost.Block(10, [1, 2], ("pid", "1")), TestHost.Block(20, [1, 2], ("pid", "2")))), now);
        byte[][] trailers = [.. Enumerable.Range(1, 50_000).Select(number => host.Trailer(
            (ushort)(number % 4), 3, now + (ulong)number, new ValueRecord(10, (ulong)number), new ValueRecord(11, 5), new ValueRecord(20, (ulong)number * 3), new ValueRecord(99, 1)))];
        Allocations.AssertNone(round => Feed(trailers.AsSpan(round * 5000, 5000)));
        HostReceiver alpha = Assert.Single(receiver.Hosts);
        Assert.Equal((50_000ul, 200_000ul, 50_000ul), (alpha.Trailers, alpha.Records, alpha.Undecodable(UndecodableReason.UnknownSlot)));
    }

    [Fact]
    public void ATrailerIsReadByItsOwnEpoch()
    {
        TestHost host = new(7);
        receiver.TakeControl(0, host.Catalog(host.Whole(65535, Metrics, TestHost.Block(10, [1], ("pid", "1")))), now);
        byte[] late = host.Trailer(0, 65535, now, new ValueRecord(10, 111));
        byte[] early = host.Trailer(0, 1, now, new ValueRecord(10, 222));
        receiver.TakeTrailer(0, early, now);
        Assert.Equal(1ul, receiver.Hosts[0].Undecodable(UndecodableReason.UnknownEpoch));
        receiver.TakeControl(0, host.Catalog(host.Change(1, 65535, TestHost.Block(10, [1], ("pid", "2")))), now);
        receiver.TakeTrailer(0, late, now + 1);
        receiver.TakeTrailer(0, host.Trailer(0, 1, now + 2, new ValueRecord(10, 333)), now + 2);
        receiver.Publish();
        Assert.Equal([("1", 111.0), ("2", 333.0)], receiver.Series.Snapshot.Select(Describe).Order());
    }

    [Fact]
    public void ARestartedSenderKeepsItsSeriesAndStartsItsCountersAfresh()
    {
        TestHost old = new(7);
        receiver.TakeControl(0, old.Catalog(old.Whole(3, Metrics, TestHost.Block(10, [1], ("pid", "1")))), now);
        receiver.TakeTrailer(0, old.Trailer(0, 3, now, new ValueRecord(10, 1ul << 47)), now);
        TestHost fresh = new(8);
        receiver.TakeTrailer(0, fresh.Trailer(0, 900, now + 1, new ValueRecord(10, 4)), now + 1);
        receiver.TakeControl(0, fresh.Catalog(fresh.Whole(900, Metrics, TestHost.Block(30, [1], ("pid", "1")))), now + 2);
        // The host booted: its clock is back near zero.
        receiver.TakeTrailer(0, fresh.Trailer(0, 900, 5, new ValueRecord(30, 5)), now + 3);
        receiver.Publish();
        Assert.Equal([("1", 5.0)], receiver.Series.Snapshot.Select(Describe).Order());
        HostReceiver host = Assert.Single(receiver.Hosts);
        Assert.Equal((8ul, (ushort)900, 0ul), (host.Instance, host.Catalog.Epoch, host.StreamCounts[0].Lost));
        receiver.TakeControl(0, old.Catalog(old.Whole(4, Metrics)), now + 4);
        Assert.Equal((8ul, 1ul), (host.Instance, receiver.Control(ControlOutcome.Replayed)));
    }

    [Fact]
    public void OneSenderBehindTwoPortsIsOneHost()
    {
        TestHost host = new(7);
        byte[] catalog = host.Catalog(host.Whole(3, Metrics, TestHost.Block(10, [1], ("pid", "1"))));
        receiver.TakeTrailer(1, host.Trailer(0, 3, now, new ValueRecord(10, 1)), now);
        receiver.TakeControl(0, catalog, now);
        receiver.TakeControl(1, host.Control(ControlKind.Heartbeat, []), now);
        receiver.TakeTrailer(0, host.Trailer(0, 3, now, new ValueRecord(10, 2)), now);
        receiver.TakeTrailer(1, host.Trailer(0, 3, now + 1, new ValueRecord(10, 3)), now);
        Assert.Same(receiver.HostOf(0), receiver.HostOf(1));
        Assert.Equal(2ul, Assert.Single(receiver.Hosts).Trailers);
    }

    [Fact]
    public void ANameBelongsToOneHostUntilThatIsSilent()
    {
        TestHost first = new(7);
        TestHost second = new(8);
        receiver.TakeControl(0, first.Catalog(first.Whole(3, Metrics, TestHost.Block(10, [1], ("pid", "1")))), now);
        receiver.TakeControl(1, second.Catalog(second.Whole(5, Metrics, TestHost.Block(10, [1], ("pid", "9")))), now);
        Assert.Equal(1ul, receiver.Catalog(CatalogOutcome.BadHost));
        Assert.Equal(["alpha", "port:host1"], receiver.Hosts.Select(host => host.Name));
        // Rings are drained one after the other: the owner's last frame may have come after this one.
        receiver.TakeControl(1, second.Catalog(second.Whole(5, Metrics, TestHost.Block(10, [1], ("pid", "9")))), now - 1);
        Assert.Equal(2ul, receiver.Catalog(CatalogOutcome.BadHost));
        now += 11 * Second;
        receiver.TakeControl(1, second.Catalog(second.Whole(5, Metrics, TestHost.Block(10, [1], ("pid", "9")))), now);
        Assert.Equal(["port:host0", "alpha"], receiver.Hosts.Select(host => host.Name));
    }

    [Fact]
    public void WhatIsNotFromTheHostIsCountedAndIgnored()
    {
        ControlKey key = ControlKey.FromBytes(new byte[32].Select((_, index) => (byte)(index + 1)).ToArray());
        Receiver secret = NewReceiver(key);
        TestHost host = new(7, key);
        TestHost stranger = new(8);
        byte[] good = host.Catalog(host.Whole(3, Metrics, TestHost.Block(10, [1], ("pid", "1"))));
        secret.TakeControl(0, stranger.Catalog(stranger.Whole(3, Metrics)), now);
        secret.TakeControl(0, host.Control(ControlKind.Beacon, new byte[32]), now);
        secret.TakeControl(0, good.AsSpan(0, 30), now);
        secret.TakeControl(0, good, now);
        secret.TakeControl(0, good, now);
        Assert.Equal(
            [1ul, 1ul, 1ul, 1ul, 1ul, 0ul],
            Enum.GetValues<ControlOutcome>().Select(secret.Control));
        Assert.Equal(7ul, Assert.Single(secret.Hosts).Instance);
    }

    [Fact]
    public void NoBitOfASignedFrameMayFlip()
    {
        ControlKey key = ControlKey.FromBytes(new byte[32].Select((_, index) => (byte)(index + 1)).ToArray());
        TestHost host = new(7, key);
        byte[] good = host.Catalog(host.Whole(3, Metrics, TestHost.Block(10, [1], ("pid", "1"))));
        for (int bit = 14 * 8; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(ControlOutcome.Accepted, new ControlGate(key).Admit(bad, out _, out _));
        }

        // Padding to the shortest Ethernet frame is not part of the packet.
        Assert.Equal(ControlOutcome.Accepted, new ControlGate(key).Admit([.. good, 0, 0, 0], out _, out _));
    }

    [Fact]
    public void GarbageIsCountedAndNeverThrows()
    {
        TestHost host = new(7);
        byte[] frame = host.Catalog(host.Whole(3, Metrics, TestHost.Block(10, [1], ("pid", "1"))));
        byte[] trailer = host.Trailer(0, 3, now, new ValueRecord(10, 1));
        Gen.Select(Gen.OneOf(Gen.Byte.Array[0, 200], Gen.Const(frame), Gen.Const(trailer)), Gen.Int[0, 300], Gen.Byte, Gen.Int[0, 300], Gen.Bool).Sample((source, at, value, length, isTrailer) =>
        {
            Receiver target = NewReceiver(ControlKey.Public);
            byte[] bytes = source[..Math.Min(length, source.Length)];
            if (at < bytes.Length)
                bytes[at] = value;
            if (isTrailer)
                target.TakeTrailer(0, bytes, now);
            else
                target.TakeControl(0, bytes, now);
            ulong told = Enum.GetValues<ControlOutcome>().Aggregate(0ul, (sum, outcome) => sum + target.Control(outcome))
                + target.Hosts.Aggregate(0ul, (sum, heard) => sum + heard.Trailers + heard.Undecodable(UndecodableReason.Malformed));
            Assert.Equal(1ul, told);
        }, iter: 20_000);
    }

    [Fact]
    public void HostsStayWithTheirPortsWhenTheDataplaneComesBackDifferently()
    {
        TestHost host = new(7);
        receiver.TakeControl(1, host.Catalog(host.Whole(3, Metrics, TestHost.Block(10, [1], ("pid", "1")))), now);
        receiver.SetPorts(["host1", "new"], now);
        Assert.Equal(7ul, receiver.HostOf(0)!.Instance);
        Assert.Null(receiver.HostOf(1));
        receiver.SetPorts(["new"], now);
        Assert.Empty(receiver.Hosts);
        receiver.Maintain(now + (61 * Second));
        receiver.Publish();
        Assert.Empty(receiver.Series.Snapshot);
    }

    private static (string, double) Describe(Series series)
    {
        Assert.True(series.TryRead(out SeriesValue value));
        return (series.Labels.Single(label => label.Key == "pid").Value, value.Value);
    }

    private Receiver NewReceiver(ControlKey key)
    {
        Receiver made = new(new SeriesTable(100, 60 * Second, new HashSet<string>()), new CatalogLimits(), key);
        made.SetPorts(["host0", "host1"], now);
        return made;
    }

    private void Feed(ReadOnlySpan<byte[]> trailers)
    {
        foreach (byte[] trailer in trailers)
            receiver.TakeTrailer(0, trailer, now += 1000);
    }
}
