using OppTel.Catalog;
using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Wire;

namespace OppTel.EndToEnd.Tests.Ages;

/// <summary>What came to the DPU's port, as far as trailers tell: values of gauges by the time of their arrival.</summary>
internal sealed class Arrivals : IDisposable
{
    private const int EthernetHeader = 14;
    private readonly PacketTap tap;

    /// <summary>Begins to record; has to see the catalogs.</summary>
    public Arrivals(Testbed testbed) => tap = new PacketTap(testbed.Dpu, "dpu0");

    public void Dispose() => tap.Dispose();

    /// <summary>Values of a metric with one series, in the order of their arrival; times in CLOCK_BOOTTIME microseconds.</summary>
    public List<(ulong Arrival, ulong Value)> Of(string metric)
    {
        List<(ulong Arrival, ulong Value)> arrivals = [];
        HashSet<uint> ids = [], slots = [];
        foreach (TappedFrame frame in tap.Frames.Where(frame => !frame.Outgoing))
        {
            if (frame.IsControl)
                Learn(frame.Bytes, metric, ids, slots);
            if (frame.TrailerLength is var length and > 0)
                arrivals.AddRange(Values(frame.Bytes.AsSpan(^length..), slots).Select(value => (frame.Seen / 1000, value)));
        }

        return arrivals;
    }

    private static void Learn(byte[] frame, string metric, HashSet<uint> ids, HashSet<uint> slots)
    {
        ReadOnlySpan<byte> packet = frame.AsSpan(EthernetHeader);
        if (!ControlHeader.TryRead(packet, out ControlHeader header) || header.Kind != ControlKind.Catalog)
            return;
        CatalogUpdate update = CatalogUpdate.Parser.ParseFrom(packet.Slice(ControlHeader.Size, header.PayloadLength));
        ids.UnionWith(update.Metrics.Where(one => one.Name == metric).Select(one => one.Id));
        foreach (Block block in update.Blocks)
            slots.UnionWith(block.MetricIds.Select((id, index) => (Id: id, Slot: block.FirstSlot + (uint)index)).Where(cell => ids.Contains(cell.Id)).Select(cell => cell.Slot));
    }

    private static List<ulong> Values(ReadOnlySpan<byte> trailer, HashSet<uint> slots)
    {
        TrailerReader reader = new(trailer);
        List<ulong> values = [];
        for (int index = 0; index < reader.Footer.Values; index++)
        {
            if (slots.Contains(reader.Value(index).Slot))
                values.Add(reader.Value(index).Raw);
        }

        return values;
    }
}
