using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.EndToEnd.Tests.Forgery;

/// <summary>What somebody with packet sockets can send, really sent: rejected and counted, and no packet is hurt by it.</summary>
public sealed class ForgeryTests(ForgeryBed bed) : IClassFixture<ForgeryBed>
{
    private const int Many = 20;
    private static readonly ControlKey Strangers = ControlKey.FromBytes([.. Enumerable.Repeat((byte)0xAB, 32)]);

    private Testbed Testbed => bed.Testbed;

    private ushort Epoch => (ushort)Testbed.DpuMetrics().Sum("opptel_catalog_epoch");

    [Fact]
    public void ATrailerFromAProcessOfTheHostIsTrimmed()
    {
        byte[] plain = bed.Datagram([1, 2, 3, 4, 5], []), forged = [.. plain, .. ForgeryBed.Trailer(Epoch, 1, bed.TrailerKey)];
        bed.Expect("trimmed trailers", Many, () => Testbed.HostMetrics().Sum("opptel_host_packets_total", ("reason", "forged_trimmed")), () => Send(bed.Wire, forged));
        WaitForArrival(plain, Many);
        Assert.Equal(0, bed.Network.Count(frame => frame.Bytes.AsSpan().SequenceEqual(forged)));
    }

    [Fact]
    public void ATrailerPastTheHookStaysOnItsFrame()
    {
        SecretKey stranger = Strangers.Signing;
        byte[][] trailers =
        [
            ForgeryBed.Trailer(Epoch, 1, key: null),
            ForgeryBed.Trailer(Epoch, 1, stranger.TrailerKey(bed.Instance)),
            ForgeryBed.Trailer(Epoch, 1, ControlKey.Public.Signing.TrailerKey(bed.Instance)),
            // Of another daemon under the same key: what was recorded before a restart.
            ForgeryBed.Trailer(Epoch, 1, Testbed.Key.Signing.TrailerKey(bed.Instance + 1)),
        ];
        for (byte kind = 0; kind < trailers.Length; kind++)
        {
            byte[] frame = bed.Datagram([kind, 42], trailers[kind]);
            bed.Expect($"rejected trailers of kind {kind}", Many, () => Rejected("bad_tag"), () => Send(bed.PastTheHook, frame));
            WaitForArrival(frame, Many);
        }
    }

    [Fact]
    public void WhatOnlyLooksLikeATrailerPassesByteForByte()
    {
        // The payload of an application, with the right tag even.
        byte[] frame = bed.Datagram([.. new byte[7], .. ForgeryBed.Trailer(Epoch, 1, bed.TrailerKey)], []);
        bed.Expect("frames that are left alone", Many, () => Rejected("not_at_l3_end"), () => Send(bed.PastTheHook, frame));
        WaitForArrival(frame, Many);
        double trailers = Testbed.DpuMetrics().Sum("opptel_trailers_total");
        Testbed.WaitFor("trailers", () => Testbed.DpuMetrics().Sum("opptel_trailers_total") > trailers);
    }

    [Fact]
    public void ARecordedTrailerChangesNothing()
    {
        TappedFrame recorded = Stamped()[^1];
        bed.Expect("trailers sent again at once", Many, Repeated, () => Send(bed.PastTheHook, recorded.Bytes));
        uint sequence = Footer.Read(recorded.Bytes).Sequence;
        ushort stream = Footer.Read(recorded.Bytes).Stream;
        Testbed.WaitFor("a hundred trailers more of the stream", () => Stamped().Any(frame =>
            Footer.Read(frame.Bytes).Stream == stream && Footer.Read(frame.Bytes).Sequence - sequence is > 100 and < 1_000_000));
        double behind = Undecodable("replayed"), switches = Switches();
        bed.Expect("trailers sent again later", 3 * Many, () => Undecodable("replayed"), () =>
        {
            for (int round = 0; round < 3; round++)
            {
                Send(bed.PastTheHook, recorded.Bytes);
                Assert.True(Switches() >= switches, "a counter went back");
                switches = Switches();
            }
        });
        Assert.True(Undecodable("replayed") > behind);
    }

    /// <summary>With the key, as a host that is out of order might: slots, epochs and times that are none.</summary>
    [Fact]
    public void ASlotThatIsNoneAnEpochOfTheFutureAndAnAbsurdTimeGiveNoValue()
    {
        ushort epoch = Epoch;
        uint sequence = 0;
        (string Reason, Func<byte[]> Make)[] forgeries =
        [
            ("unknown_slot", () => ForgeryBed.Trailer(epoch, 65_535, bed.TrailerKey, sequence: ++sequence)),
            ("unknown_epoch", () => ForgeryBed.Trailer((ushort)(epoch + 1000), 1, bed.TrailerKey, sequence: ++sequence)),
            ("absurd_time", () => ForgeryBed.Trailer(epoch, 1, bed.TrailerKey, Boottime.Now + 3_600_000_000_000, sequence: ++sequence)),
            ("replayed", () => ForgeryBed.Trailer(epoch, 1, bed.TrailerKey, Boottime.Now - 3_600_000_000_000, sequence: ++sequence)),
        ];
        foreach ((string reason, Func<byte[]> make) in forgeries)
        {
            bed.Expect(reason, Many, () => Undecodable(reason), () =>
            {
                for (int number = 0; number < Many; number++)
                    bed.PastTheHook.Send(bed.Datagram([7, 7], make()));
            });
        }

        Assert.DoesNotContain(" 666\n", Testbed.DpuMetrics().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ForgedAndRecordedBeaconsAreNotObeyed()
    {
        byte[] recorded = bed.Control(ControlKind.Beacon, outgoing: false)[^1].Bytes;
        byte[] payload = new byte[Beacon.FixedSize];
        new Beacon(Boottime.Now, bed.Instance, 10_000, Epoch, 0, 512).Write(payload);
        ulong counter = 1ul << 60;
        bed.Expect("beacons of a stranger", Many, () => Beacons("bad_tag"), () => Repeat(() => bed.FromTheDpu.Send(
            ForgeryBed.Frame(new ControlHeader(ControlKind.Beacon, Beacon.FixedSize, 5, ++counter), payload, Strangers))));

        bed.Expect("recorded beacons", Many, () => Beacons("replayed"), () => Send(bed.FromTheDpu, recorded));

        // Of another time: it names another life of the daemon.
        new Beacon(Boottime.Now, bed.Instance + 1, 10_000, Epoch, 0, 512).Write(payload);
        // While the DPU's lease lasts, which a busy machine may let end now and then.
        double unproven = Beacons("unproven");
        Testbed.WaitFor("beacons of another time", () =>
        {
            Repeat(() => bed.FromTheDpu.Send(ForgeryBed.Frame(new ControlHeader(ControlKind.Beacon, Beacon.FixedSize, 6, ++counter), payload, Testbed.Key)));
            return Beacons("unproven") >= unproven + Many;
        });
        double accepted = Beacons("accepted");
        Testbed.WaitFor("beacons of the DPU", () => Beacons("accepted") > accepted + 3);
        Assert.InRange(Testbed.HostMetrics().Sum("opptel_host_lease_seconds"), 0.001, 0.4);
    }

    [Fact]
    public void ACatalogOfAStrangerAndARecordedOneChangeNothing()
    {
        byte[] recorded = bed.Control(ControlKind.Catalog, outgoing: true)[^1].Bytes;
        Assert.True(ControlHeader.TryRead(recorded.AsSpan(14), out ControlHeader header));
        byte[] payload = recorded[(14 + ControlHeader.Size)..(14 + ControlHeader.Size + header.PayloadLength)];
        bed.Expect("a stranger's catalogs", Many, () => Control("bad_tag"), () => Repeat(() => bed.Wire.Send(
            ForgeryBed.Frame(header with { Counter = header.Counter + (1ul << 32) }, payload, Strangers))));
        bed.Expect("recorded catalogs", Many, () => Control("replayed"), () => Send(bed.Wire, recorded));
        bed.Expect("catalogs of another time", Many, () => Control("stale"), () => Repeat(() => bed.Wire.Send(
            ForgeryBed.Frame(header with { Instance = header.Instance ^ 1, Echo = 0 }, payload, Testbed.Key))));
        double records = Testbed.DpuMetrics().Sum("opptel_records_total");
        Testbed.WaitFor("records", () => Testbed.DpuMetrics().Sum("opptel_records_total") > records);
    }

    private static void Repeat(Action action)
    {
        for (int number = 0; number < Many; number++)
            action();
    }

    private static void Send(PacketTap from, byte[] frame) => Repeat(() => from.Send(frame));

    private TappedFrame[] Stamped() => [.. bed.Wire.Frames.Where(frame => frame.Outgoing && !frame.IsControl && frame.TrailerLength > WireFormat.FooterSize + WireFormat.TagSize)];

    private void WaitForArrival(byte[] frame, int count) => Testbed.WaitFor(
        $"{count} frames at the network", () => bed.Network.Count(arrived => arrived.Bytes.AsSpan().SequenceEqual(frame)) == count);

    private double Rejected(string reason) => Testbed.DpuMetrics().Sum("opptel_dataplane_rejected_total", ("reason", reason));

    private double Undecodable(string reason) => Testbed.DpuMetrics().Sum("opptel_records_undecodable_total", ("reason", reason));

    private double Repeated() => Undecodable("replayed") + Testbed.DpuMetrics().Sum("opptel_stream_trailers_duplicate_total");

    private double Switches() => Testbed.DpuMetrics().Sum("system_context_switches_total");

    private double Control(string outcome) => Testbed.DpuMetrics().Sum("opptel_aggregator_control_frames_total", ("outcome", outcome));

    private double Beacons(string verdict) => Testbed.HostMetrics().Sum("opptel_host_beacons_total", ("verdict", verdict));
}
