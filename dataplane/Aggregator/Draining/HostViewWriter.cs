using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Aggregator.Draining;

/// <summary>Tells the dataplane, for its beacons, what is known of the host behind a port.</summary>
internal static class HostViewWriter
{
    /// <summary>Writes the host's instance, complete epoch and streams; zeros for no host. Allocates nothing.</summary>
    public static void Write(SharedSegment segment, int port, HostReceiver? host)
    {
        ref HostView view = ref segment.Port(port).Host;
        StreamTracker? streams = host?.Streams;
        int count = Math.Min(streams?.Count ?? 0, SegmentLayout.MaxStreams);
        SequenceLock.BeginWrite(ref view.Sequence);
        view.HostInstance = host?.Instance ?? 0;
        view.Epoch = host?.Catalog.Epoch ?? 0;
        view.StreamCount = (ushort)count;
        Span<byte> entries = segment.HostStreams(port);
        for (int index = 0; index < count; index++)
        {
            StreamCounts counts = streams!.Total(index);
            new BeaconStream(counts.Stream, counts.Highest, counts.Lost).Write(entries[(index * HostView.StreamSize)..]);
        }

        SequenceLock.EndWrite(ref view.Sequence);
    }
}
