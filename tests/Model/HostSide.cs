using System.Buffers.Binary;
using OppTel.Catalog;
using OppTel.Host.Catalog;
using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Model.Tests;

/// <summary>One daemon: the real classes that decide, joined as the daemon joins them.</summary>
internal sealed class HostSide
{
    private const ulong LongestLease = 400_000_000;
    private static readonly Metric[] Metrics = [new() { Id = 1, Name = "entity_number", Help = "Which entity this is.", Kind = Metric.Types.Kind.Gauge, Encoding = Metric.Types.Encoding.Unsigned, Scale = 1 }];
    private readonly ControlKey key;
    private readonly BeaconGate gate;
    private readonly CatalogFrames frames = new("alpha", Metrics);
    private ulong counter;
    private uint sequence;

    public HostSide(ulong instance, ControlKey key, IEnumerable<ulong> living)
    {
        (Instance, this.key) = (instance, key);
        gate = new BeaconGate(key, instance);
        // As far apart as random ones are.
        Book = new CatalogBook(Kernel, (ushort)(instance * 5000));
        foreach (ulong id in living)
            Born(id);
    }

    public ulong Instance { get; }

    public ModelKernel Kernel { get; } = new();

    public CatalogBook Book { get; }

    public LeaseKeeper Lease { get; } = new(LongestLease);

    /// <summary>What decides, for digests.</summary>
    public object[] Deciders => [Book, gate, Lease];

    public ulong Counter => counter;

    public void Born(ulong id) => Book.Born(Kernel.Give(id));

    /// <summary>An entity is gone; where it is not known, nothing happens.</summary>
    public void Died(ulong id, ulong now)
    {
        foreach ((uint block, ulong owner) in Kernel.Owners)
        {
            if (owner == id)
                Book.Died(block, now);
        }
    }

    /// <summary>Takes a control frame.</summary>
    public BeaconVerdict Take(ReadOnlySpan<byte> frame, ulong now)
    {
        BeaconVerdict verdict = gate.Judge(frame, now, out Beacon beacon, out _);
        if (verdict != BeaconVerdict.Accepted)
            return verdict;
        bool isUnderstood = Book.Acknowledge(beacon.HostInstance == Instance, beacon.Epoch, now);
        Lease.Obey(beacon, gate.Instance, isUnderstood, now);
        return verdict;
    }

    /// <summary>What the daemon does in each round; the catalog frames that it sends.</summary>
    public IEnumerable<Message> Tick(ulong now)
    {
        if (!Lease.Hears(now) && Book.StampedEpoch != 0)
        {
            Lease.End();
            Book.Forget();
        }

        return Book.Tick(now, Lease.Hears(now)) is { } change
            ? [.. frames.Encode(change, 1400, out _).Select(payload => new Message(MessageKind.Catalog, Control(ControlKind.Catalog, payload), Instance, now))]
            : [];
    }

    /// <summary>What the egress program does with a packet: it looks at the lease itself.</summary>
    public Message? Stamp(ulong now)
    {
        if (now >= Lease.Until || Kernel.Live.Count == 0)
            return null;
        ValueRecord[] values = [.. Kernel.Live.Select(block => new ValueRecord((ushort)block, Kernel.Owners[block]))];
        byte[] trailer = new byte[TrailerWriter.Size(values.Length, 0, 0, TrailerFlags.None)];
        Footer footer = Footer.Create(now & WireFormat.Mask48, 0, sequence, Kernel.Epoch, (byte)values.Length, 0, TrailerFlags.None, 0);
        TrailerWriter.Write(trailer, footer, values, []);
        return new Message(MessageKind.Trailer, trailer, Instance, now) { Sequence = sequence++ };
    }

    private byte[] Control(ControlKind kind, byte[] payload)
    {
        byte[] frame = new byte[ControlFrame.EthernetHeader + ControlHeader.Size + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), EtherType.Control);
        Span<byte> packet = frame.AsSpan(ControlFrame.EthernetHeader);
        new ControlHeader(kind, (ushort)payload.Length, Instance, ++counter, gate.Echo).Write(packet);
        payload.CopyTo(packet[ControlHeader.Size..]);
        key.Sign(packet);
        return frame;
    }
}
