using System.Runtime.CompilerServices;
using OppTel.Aggregator.Draining;
using OppTel.Dataplane;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Triggers.Actions;
using OppTel.Wire;

namespace OppTel.Model.Tests;

/// <summary>Dataplane and aggregator: the real classes that decide, on a real segment.</summary>
internal sealed unsafe class DpuSide
{
    private static readonly string[] Ports = ["host0"];
    private readonly ControlKey key;
    private readonly SharedSegment segment;
    private readonly LeaseGuard guard;
    private readonly BoostBook boosts = new();
    private readonly DecodedRecords decoded = new();
    private readonly byte[] buffer = new byte[2048];
    private BeaconComposer composer = null!;

    public DpuSide(SharedSegment segment, ControlKey key, ulong instance, ulong now)
    {
        (this.segment, this.key) = (segment, key);
        guard = new LeaseGuard(segment, [], TimeSpan.FromMilliseconds(300));
        segment.Header.AggregatorHeartbeat = 0;
        RestartAggregator(now);
        RestartDataplane(instance, now);
    }

    public ulong Instance { get; private set; }

    /// <summary>Beacons of this dataplane.</summary>
    public ulong Counter { get; private set; }

    public Receiver Receiver { get; private set; } = null!;

    /// <summary>Whether the aggregator stands still.</summary>
    public bool IsStalled { get; set; }

    /// <summary>What the aggregator has told the dataplane.</summary>
    public (ulong Instance, ushort Epoch) View => (segment.Port(0).Host.HostInstance, segment.Port(0).Host.Epoch);

    public bool Grants(ulong now) => guard.Grant(now) > 0;

    public void RestartDataplane(ulong instance, ulong now)
    {
        (Instance, Counter) = (instance, 0);
        // A new segment, which knows of nobody.
        segment.Port(0).Host = default;
        segment.Port(0).Mtu = 1500;
        composer = new BeaconComposer(new byte[6], key, instance, 512, (PortBlock*)Unsafe.AsPointer(ref segment.Port(0)), BeaconFlags.None);
        NamePorts(now);
    }

    public void RestartAggregator(ulong now)
    {
        SeriesTable table = new(100, 60_000_000_000, new HashSet<string>()) { Sinks = [decoded] };
        Receiver = new Receiver(table, new CatalogLimits(), key);
        NamePorts(now);
    }

    /// <summary>As the aggregator does when it attaches to a segment.</summary>
    private void NamePorts(ulong now) => Receiver.SetPorts(Ports, now, [new PortTrust(key, Dataplane: Instance)]);

    /// <summary>The aggregator's round, then the dataplane's; the beacon that it sends.</summary>
    /// <param name="now">The DPU's clock.</param>
    /// <param name="sent">The host's clock.</param>
    public Message Tick(ulong now, ulong sent)
    {
        if (!IsStalled)
        {
            segment.Header.AggregatorHeartbeat = now;
            HostViewWriter.Write(segment, 0, Receiver.HostOf(0), boosts);
        }

        uint lease = guard.Grant(now);
        int length = composer.Compose(buffer, now, lease);
        Counter++;
        return new Message(MessageKind.Beacon, buffer[..length], Instance, sent) { Grants = lease > 0 ? View.Instance : 0 };
    }

    /// <summary>Takes what arrived; what a trailer was read as.</summary>
    public IReadOnlyList<(string Entity, ulong Raw)> Take(Message message, ulong now)
    {
        decoded.Records.Clear();
        if (message.Kind == MessageKind.Trailer)
            Receiver.TakeTrailer(0, message.Bytes, now);
        else
            Receiver.TakeControl(0, message.Bytes, now);
        return decoded.Records;
    }

    private sealed class DecodedRecords : IRecordSink
    {
        public List<(string Entity, ulong Raw)> Records { get; } = [];

        public void Declare(Series series)
        {
        }

        public void Forget(uint id)
        {
        }

        public void Take(in TakenTrailer trailer, ReadOnlySpan<TakenRecord> records)
        {
            foreach (TakenRecord record in records)
                Records.Add((record.Series.Labels.Single(label => label.Key == "id").Value, record.Raw));
        }
    }
}
