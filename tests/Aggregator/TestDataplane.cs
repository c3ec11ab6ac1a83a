using OppTel.Segment;

namespace OppTel.Aggregator.Tests;

/// <summary>A segment filled through the producer's real interface, with a control thread that keeps it fresh.</summary>
internal sealed class TestDataplane : IDisposable
{
    private readonly Timer heartbeat;
    private RingProducer producer;
    private bool silent;

    public TestDataplane(string path, uint ringBytes = 1 << 20, uint? group = null)
    {
        Segment = SharedSegment.Create(
            path,
            new SegmentDescription(
                1,
                [new PortDescription("host0", "pair0", PortSide.Host, 1500), new PortDescription("uplink0", "pair0", PortSide.Network, 1500)],
                ringBytes),
            group);
        producer = Segment.Producer(0);
        Beat();
        Segment.Header.State = (uint)SegmentState.Running;
        heartbeat = new Timer(_ => Beat(), null, 0, 5);
    }

    public SharedSegment Segment { get; }

    /// <summary>What the aggregator tells the host behind the first port.</summary>
    public HostView HostView
    {
        get
        {
            // An aggregator that was killed in the middle of a write leaves none that can be read.
            for (int attempt = 0; attempt < 1000; attempt++)
            {
                if (SequenceLock.TryCopy(in Segment.Port(0).Host, out HostView view))
                    return view;
                Thread.Sleep(1);
            }

            throw new TimeoutException("the host's view is being written for a second");
        }
    }

    public void Send(RecordKind kind, byte[] payload, ulong? arrival = null, ushort port = 0)
    {
        Span<byte> room = producer.TryReserve(kind, port, arrival ?? Boottime.Now, payload.Length);
        Assert.False(room.IsEmpty, "the ring is full");
        payload.CopyTo(room);
        producer.Publish();
        Segment.PortCounters(0, 0)[(int)(kind == RecordKind.Trailer ? PortCounter.Carriers : PortCounter.ControlFrames)]++;
        Segment.PortCounters(0, 0)[(int)PortCounter.RxPackets]++;
    }

    public void Trailer(byte[] trailer, ulong? arrival = null) => Send(RecordKind.Trailer, trailer, arrival);

    public void Control(byte[] frame) => Send(RecordKind.Control, frame);

    /// <summary>Stops the heartbeat, as kill -9 does.</summary>
    public void Die()
    {
        Volatile.Write(ref silent, true);
        Segment.Header.ProcessId = int.MaxValue;
    }

    public void Dispose()
    {
        using ManualResetEvent done = new(false);
        heartbeat.Dispose(done);
        done.WaitOne();
        Segment.Header.State = (uint)SegmentState.Stopped;
        Segment.Unlink();
        Segment.Dispose();
    }

    private void Beat()
    {
        if (!Volatile.Read(ref silent))
            Segment.Header.DataplaneHeartbeat = Boottime.Now;
    }
}
