using OppTel.Catalog;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>
/// Holds a host's lease and strips nothing: takes its catalogs and answers with beacons, so that trailers reach ordinary
/// receivers.
/// </summary>
internal sealed class TestBeacon : IDisposable
{
    private const int EthernetHeader = 14;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly byte[] Header = [0x01, 0x80, 0xC2, 0x00, 0x00, 0x0E, 0x02, 0, 0, 0, 0, 1, EtherType.Control >> 8, EtherType.Control & 0xFF];

    private readonly ulong instance = (ulong)Random.Shared.NextInt64();
    private readonly ControlKey key;
    private readonly PacketTap tap;
    private readonly Thread thread;
    private volatile bool stop;

    /// <param name="testbed">A bridged testbed.</param>
    public TestBeacon(Testbed testbed)
    {
        key = testbed.Key;
        tap = new PacketTap(testbed.Dpu, "dpu0", EtherType.Control);
        thread = new Thread(Run) { Name = "beacon" };
        thread.Start();
    }

    public void Dispose()
    {
        stop = true;
        thread.Join();
        tap.Dispose();
    }

    private void Run()
    {
        for (ulong counter = 1; !stop; counter++)
        {
            tap.Send(Compose(counter));
            Thread.Sleep(Interval);
        }
    }

    private byte[] Compose(ulong counter)
    {
        (ulong host, ushort epoch) = NewestCatalog();
        byte[] frame = [.. Header, .. new byte[ControlHeader.Size + Beacon.FixedSize]];
        Span<byte> packet = frame.AsSpan(EthernetHeader);
        new ControlHeader(ControlKind.Beacon, Beacon.FixedSize, instance, counter).Write(packet);
        new Beacon(Boottime.Now, host, LeaseMilliseconds: 300, epoch, Streams: 0, MaxTrailer: 512).Write(packet[ControlHeader.Size..]);
        key.Sign(packet);
        return frame;
    }

    private (ulong Instance, ushort Epoch) NewestCatalog()
    {
        foreach (TappedFrame frame in tap.Frames.Where(frame => !frame.Outgoing).Reverse())
        {
            ReadOnlySpan<byte> packet = frame.Bytes.AsSpan(EthernetHeader);
            if (ControlHeader.TryRead(packet, out ControlHeader header) && header.Kind == ControlKind.Catalog)
                return (header.Instance, (ushort)CatalogUpdate.Parser.ParseFrom(packet.Slice(ControlHeader.Size, header.PayloadLength)).Epoch);
        }

        return default;
    }
}
