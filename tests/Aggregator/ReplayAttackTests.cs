using CsCheck;
using OppTel.Catalog;
using OppTel.Telemetry;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Recorded trailers and control frames, sent again: they change no value and keep no living host out.</summary>
public sealed class ReplayAttackTests
{
    private const ulong Second = 1_000_000_000, Dataplane = 0x1234_5678_9ABC_DEF0;
    private static readonly Metric[] Metrics = [TestHost.Metric(1, "a", Kind.Gauge)];
    private static readonly ControlKey Key = ControlKey.FromBytes([.. Enumerable.Repeat((byte)9, 32)]);
    private readonly ulong now = 1000 * Second;

    /// <summary>Whatever was recorded of a tagged host is sent again in any order between what it sends: its newest value stays.</summary>
    [Fact]
    public void NoAuthenticTrailerCountsTwice() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1000], Gen.Int[0, 200]).Array[1, 200].Sample(steps =>
    {
        (Receiver receiver, TestHost host) = Start(requiresTags: true);
        List<byte[]> records = [];
        ulong time = now, value = 0, replays = 0;
        foreach ((int kind, int at, int milliseconds) in steps)
        {
            time += (ulong)milliseconds * 1_000_000 + 1;
            if (kind == 0 || records.Count == 0)
            {
                records.Add(host.Trailer((ushort)(at % 3), 3, time, new ValueRecord(10, ++value)));
                receiver.TakeTrailer(0, records[^1], time);
            }
            else
            {
                receiver.TakeTrailer(0, records[at % records.Count], time);
                replays++;
            }

            Assert.Equal(value, Value(receiver));
        }

        HostReceiver heard = receiver.Hosts[0];
        heard.PublishStreams();
        ulong duplicates = heard.StreamCounts.Aggregate(0ul, (sum, stream) => sum + stream.Duplicate);
        Assert.Equal(replays, duplicates + heard.Undecodable(UndecodableReason.Replayed));
        Assert.Equal(0ul, heard.StreamCounts.Aggregate(0ul, (sum, stream) => sum + stream.Lost));
    }, iter: 500);

    /// <summary>Without tags too, however long the series or its whole host was quiet, as long as the host is heard.</summary>
    [Fact]
    public void AnOldTrailerNeverOverwritesANewerValue()
    {
        (Receiver receiver, TestHost host) = Start(requiresTags: false);
        byte[][] old = [.. Enumerable.Range(0, 10).Select(number => host.Trailer(0, 3, now + (ulong)number, new ValueRecord(10, 1)))];
        foreach (byte[] trailer in old)
            receiver.TakeTrailer(0, trailer, now);
        receiver.TakeTrailer(0, host.Trailer(0, 3, now + Second, new ValueRecord(10, 2)), now + Second);
        // The series rests for a minute; others of the host do not.
        for (ulong second = 2; second < 60; second++)
            receiver.TakeTrailer(0, host.Trailer(0, 3, now + (second * Second)), now + (second * Second));
        foreach (byte[] trailer in old)
            receiver.TakeTrailer(0, trailer, now + (60 * Second));
        Assert.Equal(2, Value(receiver));
    }

    [Fact]
    public void AHostThatGoesOnInThePastIsBelievedOnceNothingElseCame()
    {
        (Receiver receiver, TestHost host) = Start(requiresTags: false);
        receiver.TakeTrailer(0, host.Trailer(0, 3, now, new ValueRecord(10, 5)), now);
        ulong back = now - (3600 * Second);
        receiver.TakeTrailer(0, host.Trailer(0, 3, back, new ValueRecord(10, 6)), now + (9 * Second));
        Assert.Equal(5, Value(receiver));
        receiver.TakeTrailer(0, host.Trailer(0, 3, back + (2 * Second), new ValueRecord(10, 7)), now + (11 * Second));
        Assert.Equal(7, Value(receiver));
    }

    [Fact]
    public void ATimeFarAheadIsRefusedUnlessNothingElseComes()
    {
        (Receiver receiver, TestHost host) = Start(requiresTags: false);
        receiver.TakeTrailer(0, host.Trailer(0, 3, now, new ValueRecord(10, 5)), now);
        receiver.TakeTrailer(0, TestHost.Trailer(9, 1, 3, now + (3600 * Second), new ValueRecord(10, 666)), now + 1);
        Assert.Equal((5, 1ul), (Value(receiver), receiver.Hosts[0].Undecodable(UndecodableReason.AbsurdTime)));
        receiver.TakeTrailer(0, host.Trailer(0, 3, now + Second, new ValueRecord(10, 6)), now + Second);
        Assert.Equal(6, Value(receiver));
        // A clock that was set: for a second there is nothing else.
        for (ulong tenth = 0; tenth <= 11; tenth++)
            receiver.TakeTrailer(0, host.Trailer(0, 3, now + (3600 * Second) + tenth, new ValueRecord(10, 7)), now + (2 * Second) + (tenth * Second / 10));
        Assert.Equal(7, Value(receiver));
    }

    [Fact]
    public void ARecordedCatalogOfAnEarlierDaemonChangesNothing()
    {
        (Receiver receiver, TestHost host) = Start(requiresTags: true);
        TestHost earlier = new(5, Key) { Echo = BeaconEcho.Of(now - (100 * Second), Dataplane) };
        receiver.TakeControl(0, earlier.Catalog(earlier.Whole(9, Metrics)), now + 1);
        Assert.Equal((1ul, 7ul, (ushort)3), (receiver.Control(ControlOutcome.Stale), receiver.Hosts[0].Instance, receiver.Hosts[0].Catalog.Epoch));
        receiver.TakeTrailer(0, host.Trailer(0, 3, now + 2, new ValueRecord(10, 4)), now + 2);
        Assert.Equal(4, Value(receiver));
    }

    /// <summary>Here a record comes first, as behind a restart of the aggregator; the living host takes its place, for good.</summary>
    [Fact]
    public void ARecordThatComesFirstDoesNotKeepTheLivingHostOut()
    {
        Receiver receiver = NewReceiver(requiresTags: true);
        TestHost earlier = new(5, Key) { Echo = BeaconEcho.Of(now - (100 * Second), Dataplane) }, living = new(7, Key) { Echo = BeaconEcho.Of(now, Dataplane) };
        receiver.TakeControl(0, earlier.Catalog(earlier.Whole(9, Metrics)), now);
        Assert.Equal(5ul, receiver.Hosts[0].Instance);
        receiver.TakeControl(0, living.Catalog(living.Whole(3, Metrics, TestHost.Block(10, [1], ("x", "1")))), now + 1);
        Assert.Equal((7ul, (ushort)3), (receiver.Hosts[0].Instance, receiver.Hosts[0].Catalog.Epoch));
        receiver.TakeControl(0, earlier.Catalog(earlier.Whole(10, Metrics)), now + (60 * Second));
        Assert.Equal((7ul, 1ul), (receiver.Hosts[0].Instance, receiver.Control(ControlOutcome.Replayed)));
    }

    [Fact]
    public void EachPortBelievesItsOwnKey()
    {
        ControlKey other = ControlKey.FromBytes([.. Enumerable.Repeat((byte)10, 32)]);
        Receiver receiver = new(new SeriesTable(100, 60 * Second, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);
        receiver.SetPorts(["host0", "host1"], now, [new PortTrust(Key), new PortTrust(other)]);
        TestHost host = new(7, Key);
        receiver.TakeControl(1, host.Control(ControlKind.Heartbeat, []), now);
        receiver.TakeControl(0, host.Control(ControlKind.Heartbeat, []), now);
        Assert.Equal((1ul, 1ul), (receiver.Control(ControlOutcome.BadTag), receiver.Control(ControlOutcome.Accepted)));
    }

    private (Receiver Receiver, TestHost Host) Start(bool requiresTags)
    {
        Receiver receiver = NewReceiver(requiresTags);
        TestHost host = new(7, Key) { Echo = BeaconEcho.Of(now, Dataplane) };
        receiver.TakeControl(0, host.Catalog(host.Whole(3, Metrics, TestHost.Block(10, [1], ("x", "1")))), now);
        return (receiver, host);
    }

    private Receiver NewReceiver(bool requiresTags)
    {
        Receiver receiver = new(new SeriesTable(100, 60 * Second, new HashSet<string>()), new CatalogLimits(), Key);
        receiver.SetPorts(["host0"], now, [new PortTrust(Key, requiresTags, Dataplane)]);
        return receiver;
    }

    private static double Value(Receiver receiver)
    {
        receiver.Publish();
        Assert.True(receiver.Series.Snapshot.Single().TryRead(out SeriesValue value));
        return value.Value;
    }
}
