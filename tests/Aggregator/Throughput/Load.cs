using OppTel.Catalog;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests.Throughput;

/// <summary>A host with many series whose trailers fill a real ring, each series in its turn and neighbours far apart.</summary>
internal sealed class Load : IDisposable
{
    public const int Series = 10_000;
    public const int Values = 8;

    /// <summary>Of the series one in so many is a gauge, for whose metric a distribution may be asked; the others are counters.</summary>
    public const int GaugeEvery = 10;

    private const int Streams = 4;
    private const ulong Pace = 1000;

    private readonly TestHost host = new(7);
    private readonly TestDataplane dataplane;
    private readonly int[] order = [.. Enumerable.Range(0, Series)];
    private RingProducer producer;
    private ulong time = Boottime.Now;
    private uint sent;
    private int next;

    public Load(string path, uint ringBytes)
    {
        dataplane = new TestDataplane(path, ringBytes);
        producer = dataplane.Segment.Producer(0);
        new Random(1).Shuffle(order);
        Metric[] metrics = [TestHost.Metric(1, "events_total", Kind.Counter), TestHost.Metric(2, "depth_length", Kind.Gauge)];
        // Control frames carry at most some kilobytes: the catalog comes in parts.
        Block[][] parts = [.. Enumerable.Range(0, Series)
            .Select(slot => TestHost.Block((uint)slot, [slot % GaugeEvery == 0 ? 2u : 1u], ("entity", $"{slot}"))).Chunk(500)];
        for (int part = 0; part < parts.Length; part++)
        {
            CatalogUpdate update = host.Whole(1, metrics, parts[part]);
            (update.Part, update.Parts) = ((uint)part, (uint)parts.Length);
            Assert.True(TrySend(RecordKind.Control, host.Catalog(update)));
        }

        producer.Publish();
    }

    public SharedSegment Segment => dataplane.Segment;

    /// <summary>Puts trailers into the ring that become visible all at once.</summary>
    public void Send(int trailers)
    {
        Span<ValueRecord> values = stackalloc ValueRecord[Values];
        for (int trailer = 0; trailer < trailers; trailer++, time += Pace)
        {
            for (int value = 0; value < Values; value++, next = (next + 1) % Series)
                values[value] = new ValueRecord((ushort)order[next], time >> (order[next] % GaugeEvery == 0 ? 20 : 0));
            Footer footer = Footer.Create(time, (ushort)(sent % Streams), sent / Streams, 1, Values, 0, TrailerFlags.None, 0);
            sent++;
            Span<byte> room = producer.TryReserve(RecordKind.Trailer, 0, time + 50_000, footer.ComputedLength);
            Assert.False(room.IsEmpty, "the ring is full");
            TrailerWriter.Write(room, footer, values, []);
        }

        producer.Publish();
    }

    public void Dispose() => dataplane.Dispose();

    private bool TrySend(RecordKind kind, byte[] payload)
    {
        Span<byte> room = producer.TryReserve(kind, 0, time, payload.Length);
        payload.CopyTo(room);
        return !room.IsEmpty;
    }
}
