using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Triggers.Actions;
using OppTel.Wire;

namespace OppTel.Aggregator.Draining;

/// <summary>Tells the dataplane, for its beacons, what is known of the host behind a port.</summary>
internal static class HostViewWriter
{
    /// <summary>Writes the host's instance, complete epoch, streams and boosts; zeros for no host. Allocates nothing.</summary>
    public static void Write(SharedSegment segment, int port, HostReceiver? host, BoostBook boosts)
    {
        ref HostView view = ref segment.Port(port).Host;
        StreamTracker? streams = host?.Streams;
        int count = Math.Min(streams?.Count ?? 0, SegmentLayout.MaxStreams);
        ReadOnlySpan<HostBoost> wanted = host is null ? [] : boosts.Of(host.Instance);
        SequenceLock.BeginWrite(ref view.Sequence);
        view.HostInstance = host?.Instance ?? 0;
        view.Epoch = host?.Catalog.Epoch ?? 0;
        view.StreamCount = (ushort)count;
        Span<byte> entries = segment.HostStreams(port);
        for (int index = 0; index < count; index++)
        {
            StreamCounts counts = streams!.Total(index);
            new BeaconStream(counts.Stream, counts.Highest, counts.Lost, (ushort)counts.Missing).Write(entries[(index * HostView.StreamSize)..]);
        }

        DedicatedArrivals dedicated = host?.Dedicated.Arrivals ?? default;
        (view.DedicatedHighest, view.DedicatedSeen) = (dedicated.Highest, dedicated.Seen);
        view.BoostCount = (ushort)wanted.Length;
        wanted.CopyTo(view.Boosts);
        SequenceLock.EndWrite(ref view.Sequence);
    }
}
