using CsCheck;
using OppTel.Catalog;
using OppTel.Telemetry;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Dedicated frames are decoded like trailers, are acknowledged, and leave the streams of CPUs alone.</summary>
public sealed class DedicatedTests
{
    private const ulong Second = 1_000_000_000;
    private static readonly Metric[] Metrics = [TestHost.Metric(1, "a_total", Kind.Counter), TestHost.Metric(2, "b", Kind.Gauge)];
    private readonly Receiver receiver = new(new SeriesTable(1000, Second, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);
    private readonly TestHost host = new(7);
    private readonly ulong now = 100 * Second;

    public DedicatedTests()
    {
        receiver.SetPorts(["host0"], now);
        receiver.TakeControl(0, host.Catalog(host.Whole(3, Metrics, TestHost.Block(10, [1, 2], ("pid", "1")))), now);
    }

    private HostReceiver Alpha => receiver.Hosts[0];

    [Fact]
    public void TheirRecordsAreValuesAndEachSeriesSaysHowItsLastOneCame()
    {
        Dedicate(5, now, new ValueRecord(10, 100), new ValueRecord(11, 4));
        receiver.TakeTrailer(0, host.Trailer(0, 3, now + 1, new ValueRecord(10, 101)), now + 1);
        receiver.Publish();
        Assert.Equal(
            [("a_total", 101.0, Transport.Piggyback), ("b", 4.0, Transport.Dedicated)],
            receiver.Series.Snapshot.Select(series => (series.Family.Name, series.TryRead(out SeriesValue value) ? value.Value : double.NaN, series.Transport)).Order());
        Assert.Equal((1ul, 2ul, 3ul), (Alpha.RecordsBy(Transport.Piggyback), Alpha.RecordsBy(Transport.Dedicated), Alpha.Records));
        Assert.Equal((1ul, 0ul), (Alpha.Trailers, Alpha.StreamCounts[0].Lost));
        Assert.Single(Alpha.StreamCounts);
    }

    [Fact]
    public void AFrameThatIsNoDedicatedTrailerIsMalformed()
    {
        byte[] good = TestHost.Trailer(DedicatedArrivals.Stream, 1, 3, now, new ValueRecord(10, 1));
        byte[][] bad = [[], good[1..], TestHost.Trailer(0, 1, 3, now, new ValueRecord(10, 1)), [.. good[..^1], 0], [.. good.Select((value, index) => index == 3 ? (byte)(value ^ 1) : value)]];
        foreach (byte[] payload in bad)
            receiver.TakeControl(0, host.Control(ControlKind.Dedicated, payload), now);
        Assert.Equal((ulong)bad.Length, Alpha.Undecodable(UndecodableReason.Malformed));
        Assert.Equal((0ul, 0ul), (Alpha.Records, Alpha.Dedicated.Received));
    }

    [Fact]
    public void AReplayedFrameAndOneForACollectorAreRefused()
    {
        byte[] frame = host.Control(ControlKind.Dedicated, TestHost.Trailer(DedicatedArrivals.Stream, 1, 3, now, new ValueRecord(10, 1)));
        receiver.TakeControl(0, frame, now);
        receiver.TakeControl(0, frame, now);
        byte[] other = new byte[frame.Length];
        frame.CopyTo(other, 0);
        other.AsSpan(14 + ControlHeader.TagOffset, ControlHeader.TagSize).Clear();
        new ControlHeader(ControlKind.Dedicated, (ushort)(frame.Length - 14 - ControlHeader.Size), 7, 1000, Echo: 5, IsDatagram: true).Write(other.AsSpan(14));
        ControlKey.Public.Sign(other.AsSpan(14));
        receiver.TakeControl(0, other, now);
        Assert.Equal((1ul, 2ul), (Alpha.Dedicated.Received, receiver.Control(ControlOutcome.Replayed)));
    }

    /// <summary>The daemon may stamp a moment after the packet path what it read a moment before: the counter has not begun again.</summary>
    [Fact]
    public void AValueThatWasOvertakenIsNoReset()
    {
        receiver.TakeTrailer(0, host.Trailer(0, 3, now, new ValueRecord(10, 1000)), now);
        Dedicate(1, now + 1000, new ValueRecord(10, 999));
        Assert.Equal(1000, Value());
        receiver.TakeTrailer(0, host.Trailer(0, 3, now + 2000, new ValueRecord(10, 1001)), now);
        Assert.Equal(1001, Value());
        // One that stays is one.
        Dedicate(2, now + Second, new ValueRecord(10, 3));
        Assert.Equal(3, Value());
    }

    [Fact]
    public void ANewSenderBeginsANewWindow()
    {
        Dedicate(500, now, new ValueRecord(10, 1));
        TestHost next = new(8);
        receiver.TakeControl(0, next.Catalog(next.Whole(9, Metrics, TestHost.Block(10, [1], ("pid", "1")))), now);
        Assert.Equal(0ul, Alpha.Dedicated.Arrivals.Seen);
    }

    /// <summary>However numbers come: acknowledged is what arrived, and what left the window unseen is lost.</summary>
    [Fact]
    public void TheWindowAcknowledgesWhatArrived() => Gen.Select(Gen.UInt, Gen.Int[-5, 90].Array[1, 60]).Sample((first, steps) =>
    {
        DedicatedWindow window = new();
        HashSet<uint> arrived = [];
        uint highest = first, number = first;
        ulong duplicates = 0;
        foreach (int step in steps)
        {
            number = highest + (uint)step;
            if (arrived.Count == 0)
                highest = number;
            duplicates += arrived.Add(number) ? 0ul : 1;
            highest = (int)(number - highest) > 0 ? number : highest;
            window.Observe(number);
        }

        Assert.Equal(highest, window.Arrivals.Highest);
        for (uint behind = 0; behind < 64; behind++)
            Assert.Equal(arrived.Contains(highest - behind), window.Arrivals.Has(highest - behind));
        Assert.Equal(((ulong)steps.Length, duplicates), (window.Received, window.Duplicate));
        uint oldest = arrived.MinBy(seen => (int)(seen - highest));
        uint behindWindow = highest - oldest >= 64 ? highest - oldest - 63 : 0;
        Assert.Equal((ulong)Enumerable.Range(0, (int)behindWindow).Count(offset => !arrived.Contains(oldest + (uint)offset)), window.Lost);
    });

    private void Dedicate(uint number, ulong time, params ReadOnlySpan<ValueRecord> values) =>
        receiver.TakeControl(0, host.Control(ControlKind.Dedicated, TestHost.Trailer(DedicatedArrivals.Stream, number, 3, time, values)), time);

    private double Value()
    {
        receiver.Publish();
        Series series = receiver.Series.Snapshot.Single(entry => entry.Family.Name == "a_total");
        return series.TryRead(out SeriesValue value) ? value.Value : double.NaN;
    }
}
