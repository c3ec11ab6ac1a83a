using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Host.Scheduling;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>
/// Trailers of the real program on the way to the real receiver, one in ten of which is lost: an update that leaves with two carriers is
/// lost where both are.
/// </summary>
public sealed class RedundancyTests
{
    private const int Slots = 100;
    private const int Rounds = 200;
    private const double Loss = 0.1;
    private const ushort Epoch = 7;
    private const ulong Retention = 60_000_000_000;
    private static readonly byte[] Frame = Frames.Ipv4Udp(10);

    [Fact]
    public void TwoCarriersLoseTheSquareOfWhatOneLoses()
    {
        double single = LostShare(redundancy: 1), twofold = LostShare(redundancy: 2), threefold = LostShare(redundancy: 3);
        // Losses are drawn from a seed. Of 20,000 updates 2000 are lost on average, 200 or 20, with standard deviations of 42, 14 and 4.5;
        // several share a trailer, which makes them greater.
        Assert.InRange(single, 0.08, 0.12);
        Assert.InRange(twofold, 0.006, 0.014);
        Assert.InRange(threefold, 0, 0.003);
    }

    private static double LostShare(int redundancy)
    {
        using KernelFixture kernel = new(new MetricClasses([new("one", TimeSpan.FromSeconds(1), TimeSpan.Zero, redundancy, [])]));
        for (int slot = 0; slot < Slots; slot++)
            kernel.Slots[slot].Redundancy = (byte)redundancy;
        kernel.State[0].MaxValues = 4;
        Receiver receiver = NewReceiver();
        Random random = new(11);
        int lost = 0;
        for (ulong round = 1; round <= Rounds; round++)
        {
            kernel.Publish(0, [.. Enumerable.Repeat(round, Slots)]);
            for (byte[] left = kernel.Send(Frame); left.Length > Frame.Length; left = kernel.Send(Frame))
            {
                if (random.NextDouble() >= Loss)
                    receiver.TakeTrailer(0, left.AsSpan(Frame.Length), TestLibc.Boottime);
            }

            receiver.Publish();
            lost += Slots - receiver.Series.Snapshot.Count(series => series.TryRead(out SeriesValue value) && value.Value == round);
        }

        StreamCounts[] streams = [.. receiver.Hosts[0].StreamCounts];
        Assert.InRange(streams.Sum(stream => (double)stream.Lost + stream.Missing) / streams.Sum(stream => (double)stream.Received + stream.Lost + stream.Missing), 0.08, 0.12);
        return lost / (double)(Slots * Rounds);
    }

    private static Receiver NewReceiver()
    {
        Receiver receiver = new(new SeriesTable(Slots + 10, Retention, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);
        receiver.SetPorts(["port"], 0);
        CatalogUpdate whole = new() { Epoch = Epoch, Whole = true, Parts = 1, Host = "host", Metrics = { new Metric { Id = 1, Name = "value", Help = "A.", Kind = Metric.Types.Kind.Gauge, Encoding = Metric.Types.Encoding.Unsigned, Scale = 1 } } };
        for (uint slot = 0; slot < Slots; slot++)
            whole.Blocks.Add(new Block { FirstSlot = slot, MetricIds = { 1 }, Labels = { ["slot"] = $"{slot}" } });
        receiver.TakeControl(0, CatalogFrame(whole), TestLibc.Boottime);
        return receiver;
    }

    private static byte[] CatalogFrame(CatalogUpdate update)
    {
        byte[] payload = update.ToByteArray(), frame = [.. new byte[12], EtherType.Control >> 8, EtherType.Control & 0xFF, .. new byte[ControlHeader.Size], .. payload];
        Span<byte> packet = frame.AsSpan(14);
        new ControlHeader(ControlKind.Catalog, (ushort)payload.Length, 5, 1).Write(packet);
        ControlKey.Public.Sign(packet);
        return frame;
    }
}
